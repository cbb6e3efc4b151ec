"""Change how many of something a cart holds."""

from dataclasses import dataclass

from shopcore.cart.model import Cart, set_quantity
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import VariantId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.shopping.model import PricedCart
from shopcore.shopping.steps import CartPricing, ChangeCart


@dataclass(frozen=True, kw_only=True, slots=True)
class SetQuantity:
    """Set a line's quantity; 0 removes the line."""

    change_cart: ChangeCart
    pricing: CartPricing
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self, actor: Actor, *, variant_id: VariantId, quantity: int, version: int | None = None
    ) -> PricedCart:
        """Whoever holds the token may. Raises `CartNotFound`, `LineNotFound`, `InvalidQuantity`, `CartChanged`."""
        now = self.clock.now()

        async def work() -> Cart:
            return await self.change_cart(actor, lambda held: set_quantity(held, variant_id, quantity), now, version)

        return await self.pricing(await self.unit_of_work(work))
