"""Add, change or switch off a coupon."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.model import Coupon, figures, problems_of
from shopcore.pricing.ports import Coupons


@dataclass(frozen=True, kw_only=True, slots=True)
class PutCoupon:
    """Staff with `pricing:write` add a coupon, or replace the one with its code; its uses stay counted.

    A coupon is ended by `active` false, never removed: orders refer to it. Raises `InvalidInput` naming every bad
    field.
    """

    unit_of_work: UnitOfWork
    coupons: Coupons
    audit: Audit

    async def __call__(self, actor: Actor, coupon: Coupon) -> Coupon:
        """Return the coupon as stored."""
        permit(actor, "pricing:write")
        if problems := problems_of(coupon):
            raise InvalidInput(*problems)

        async def put() -> None:
            before = {
                name: value for old in await self.coupons.find([coupon.code]) for name, value in figures(old).items()
            }
            await self.coupons.put(coupon)
            await self.audit.record(actor, "put_coupon", f"coupon:{coupon.code}", before=before, after=figures(coupon))

        await self.unit_of_work(put)
        return coupon
