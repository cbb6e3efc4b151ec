"""Enter a coupon code."""

from dataclasses import dataclass

from shopcore.cart.model import apply_coupon, touch
from shopcore.cart.ports import Carts
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.errors import CouponNotFound
from shopcore.shopping.model import PricedCart
from shopcore.shopping.steps import CartOfActor, CartPricing


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplyCoupon:
    """Keep a code that lowers what the cart costs now."""

    carts: Carts
    cart_of: CartOfActor
    pricing: CartPricing
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, code: str) -> PricedCart:
        """Whoever holds the cart's token may. Raises `CartNotFound`, or `CouponNotFound` for any code of no use now."""
        now = self.clock.now()

        async def work() -> PricedCart:
            cart = await self.cart_of(actor)
            changed = await self.carts.update(cart.id, lambda held: touch(apply_coupon(held, code), now))
            priced = await self.pricing(changed)
            if code.upper() not in {coupon.code for coupon in priced.quote.basis.coupons}:
                raise CouponNotFound
            return priced

        return await self.unit_of_work(work)
