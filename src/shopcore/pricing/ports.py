"""What pricing needs from a store: the merchant's rules, and how often a coupon was used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shopcore.kernel.ids import OrderId
from shopcore.kernel.paging import Position, Slice
from shopcore.pricing.model import Coupon, CouponHolder, PricingRules, ShippingMethod, TaxRate


class ShippingMethods(Protocol):
    """Few enough to be read whole."""

    async def everything(self) -> Sequence[ShippingMethod]:
        """By position, then code."""
        ...

    async def put(self, method: ShippingMethod) -> None:
        """Add or replace by code."""
        ...

    async def remove(self, code: str) -> None:
        """Raises `RuleNotFound`."""
        ...


class TaxRates(Protocol):
    """Likewise."""

    async def everything(self) -> Sequence[TaxRate]:
        """By country, region and name."""
        ...

    async def put(self, rate: TaxRate) -> None:
        """Add or replace by id."""
        ...

    async def remove(self, rate_id: str) -> None:
        """Raises `RuleNotFound`."""
        ...


class PriceRules(Protocol):
    """Both, for whoever prices a cart: one question instead of two."""

    async def everything(self) -> PricingRules:
        """Each in its order, as it is now, or was at most a second ago: what this process has changed counts at once.
        Inside a unit of work its own writes do.
        """
        ...


class Coupons(Protocol):
    """Coupons by code, with their redemptions."""

    async def put(self, coupon: Coupon) -> None:
        """Add or replace by code."""
        ...

    async def find(self, codes: Sequence[str]) -> Sequence[Coupon]:
        """Those that exist, in the order asked for."""
        ...

    async def page(self, after: Position | None, limit: int) -> Slice[Coupon]:
        """By code. A campaign may have a code for each of its buyers, so they are never read whole."""
        ...

    async def redeem(
        self, coupon: Coupon, order_id: OrderId, email: str, at: datetime, holder: CouponHolder | None = None
    ) -> None:
        """Count one use by that order, in the transaction in progress; the address (in its normal form) is kept blind.

        MUST refuse with `CouponUsedUp` what would pass `usage_limit` or `per_customer_limit`, however many do it at
        once. Of a guest the latter counts what guests used with the address that is typed; of a `holder`, who is signed
        in, what their account used with whatever address, and what guests used with the account's own: these
        orders become the account's. So nobody who is signed in uses up another's by typing their address.
        A known order, which always comes with the same address, is a no-op.
        """
        ...

    async def give_back(self, order_id: OrderId) -> None:
        """Uncount every coupon of an order that ended unpaid or cancelled; a no-op when there is none."""
        ...
