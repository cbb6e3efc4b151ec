"""Put something into a cart."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.cart.errors import CartNotFound
from shopcore.cart.model import Cart, add_item, open_cart, require_version, touch
from shopcore.cart.ports import Carts
from shopcore.kernel.actor import Actor, Customer, Guest
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CartId, Ids, Sku, VariantId
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.shopping.model import PricedCart
from shopcore.shopping.steps import CartOfActor, CartPricing, FindVariant, with_token


@dataclass(frozen=True, kw_only=True, slots=True)
class AddItem:
    """Add so many of one variant; the first one opens a cart and answers its secret token."""

    carts: Carts
    cart_of: CartOfActor
    find_variant: FindVariant
    pricing: CartPricing
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
        """Whoever holds the cart's token may; without one a new cart is opened.

        Raises `VariantNotFound`, `InvalidQuantity`, `TooManyLines`, `CartNotFound` for a token that names no open cart,
        `CartChanged` if `version` is not the cart's.
        """
        now, new_id, new_token = self.clock.now(), CartId(self.ids.new()), self.ids.secret()

        async def work() -> tuple[Cart, str | None]:
            opened = await self._open(actor, new_id, new_token, now)
            cart = await self.cart_of(actor) if opened is None else opened
            variant = await self.find_variant(variant_id, sku, cart.currency)
            changed = await self.carts.update(
                cart.id, lambda held: touch(add_item(require_version(held, version), variant.id, quantity), now)
            )
            return changed, None if opened is None else new_token

        cart, token = await self.unit_of_work(work)
        return with_token(await self.pricing(cart), token)

    async def _open(self, actor: Actor, cart_id: CartId, token: str, now: datetime) -> Cart | None:
        """A new cart for somebody who has none."""
        match actor:
            case Guest(cart_token=None) | Customer(cart_token=None):
                cart = open_cart(cart_id, self.currency, now)
                await self.carts.add(cart, token_hash(token))
                return cart
            case Guest() | Customer():
                return None
            case _:
                raise CartNotFound
