"""Take a coupon code back."""

from dataclasses import dataclass

from shopcore.cart.model import Cart, remove_coupon
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.shopping.model import PricedCart
from shopcore.shopping.steps import CartPricing, ChangeCart


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveCoupon:
    """Forget a code; one that is not there is no error."""

    change_cart: ChangeCart
    pricing: CartPricing
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, code: str) -> PricedCart:
        """Whoever holds the cart's token may. Raises `CartNotFound`."""
        now = self.clock.now()

        async def work() -> Cart:
            return await self.change_cart(actor, lambda held: remove_coupon(held, code), now)

        return await self.pricing(await self.unit_of_work(work))
