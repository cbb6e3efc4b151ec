"""Enter a coupon code."""

from dataclasses import dataclass

from shopcore.cart.model import Cart, apply_coupon
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.errors import CouponNotFound
from shopcore.shopping.model import PricedCart
from shopcore.shopping.steps import CartPricing, ChangeCart


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplyCoupon:
    """Keep a code that lowers what the cart costs now."""

    change_cart: ChangeCart
    pricing: CartPricing
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, code: str) -> PricedCart:
        """Whoever holds the cart's token may. Raises `CartNotFound`, or `CouponNotFound` for any code of no use now."""
        # Before the unit: who guesses at codes must not keep the store's one writer busy.
        objection = await self.pricing.objection(await self.change_cart.cart_of(actor), code.upper())
        if objection is not None:
            raise CouponNotFound(objection)
        now = self.clock.now()

        async def work() -> Cart:
            return await self.change_cart(actor, lambda held: apply_coupon(held, code), now)

        return await self.pricing(await self.unit_of_work(work))
