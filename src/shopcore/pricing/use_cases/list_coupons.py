"""Go through the coupons."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.pricing.model import Coupon
from shopcore.pricing.ports import Coupons


@dataclass(frozen=True, kw_only=True, slots=True)
class ListCoupons:
    """Coupons by code, a page at a time."""

    coupons: Coupons
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Coupon]:
        """Needs `pricing:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "pricing:read")
        name = list_name("coupons")
        found = await self.coupons.page(decode_cursor(self.signer, name, cursor), limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
