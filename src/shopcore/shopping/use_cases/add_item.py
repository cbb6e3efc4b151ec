"""Put something into a cart."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.cart.errors import CartNotFound
from shopcore.cart.events import CartOpened
from shopcore.cart.model import Cart, add_item, give, open_cart, require_version
from shopcore.cart.ports import Carts
from shopcore.kernel.actor import Actor, Customer, Guest
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import CartId, Ids, Sku, VariantId
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.shopping.model import PricedCart
from shopcore.shopping.steps import CartPricing, ChangeCart, FindVariant, with_token


@dataclass(frozen=True, kw_only=True, slots=True)
class AddItem:
    """Add so many of one variant; the first one opens a cart, and answers its secret token to a guest."""

    carts: Carts
    change_cart: ChangeCart
    find_variant: FindVariant
    pricing: CartPricing
    events: Events
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock
    currency: str

    async def __call__(
        self,
        actor: Actor,
        *,
        quantity: int,
        variant_id: VariantId | None = None,
        sku: Sku | None = None,
        version: int | None = None,
    ) -> PricedCart:
        """A customer may, and whoever holds a guest cart's token; who has no cart gets a new one.

        Raises `VariantNotFound`, `InvalidQuantity`, `TooManyLines`, `CartNotFound` for a token that names no open cart,
        `CartChanged` if `version` is not the cart's.
        """
        now, new_id, new_token = self.clock.now(), CartId(self.ids.new()), self.ids.secret()

        async def work() -> tuple[Cart, str | None]:
            opened = await self._open(actor, new_id, new_token, now)
            cart = await self.change_cart.cart_of(actor) if opened is None else opened
            variant = await self.find_variant(variant_id, sku, cart.currency)

            def change(held: Cart) -> Cart:
                return add_item(held, variant.id, quantity)

            if opened is None:
                return await self.change_cart(actor, change, now, version, cart), None
            filled = await self.carts.update(opened.id, lambda held: change(require_version(held, version)))
            return filled, new_token if opened.customer_id is None else None

        cart, token = await self.unit_of_work(work)
        return with_token(await self.pricing(cart), token)

    async def _open(self, actor: Actor, cart_id: CartId, token: str, now: datetime) -> Cart | None:
        """A new cart for somebody who has none."""
        match actor:
            case Customer(customer_id=customer_id):
                found = await self.change_cart.cart_of.find(actor)
                is_open = found is not None and not found.ordered
                new = open_cart(cart_id, self.currency, now)
                cart = None if is_open else give(new, customer_id, await self.change_cart.email_of(customer_id))
            case Guest(cart_token=None):
                cart = open_cart(cart_id, self.currency, now)
            case Guest():
                cart = None
            case _:
                raise CartNotFound
        if cart is not None:
            await self.carts.add(cart, token_hash(token))
            await self.events.publish(CartOpened(at=now, cart_id=cart.id))
        return cart
