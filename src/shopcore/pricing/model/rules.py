"""The merchant's rules: how things are sent, what is taxed, what a coupon takes off."""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

from shopcore.kernel.ids import CustomerId


class ShippingKind(StrEnum):
    """What a shipping method's tiers are compared with."""

    FLAT = "flat"
    BY_WEIGHT = "by_weight"
    BY_SUBTOTAL = "by_subtotal"


class ShippingTier(msgspec.Struct, frozen=True, kw_only=True):
    """`price` holds up to and including `up_to` (grams, or minor units of subtotal); None means without end."""

    price: int
    up_to: int | None = None


class ShippingRates(msgspec.Struct, frozen=True, kw_only=True):
    """One currency's tiers, in rising order; nothing is charged from a discounted subtotal of `free_over` on."""

    tiers: tuple[ShippingTier, ...]
    free_over: int | None = None


class ShippingMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to send. `rates` is keyed by currency; no `countries` means everywhere."""

    code: str
    title: str
    kind: ShippingKind
    rates: dict[str, ShippingRates]
    countries: tuple[str, ...] = ()
    position: int = 0


class TaxRate(msgspec.Struct, frozen=True, kw_only=True):
    """A tax of one place. `millionths` of the price (190,000 = 19 %, 88,750 = 8.875 %); `region` None: all the country.

    `included` says that catalogue prices contain it already (VAT) or that it comes on top (sales tax).
    """

    id: str
    name: str
    country: str
    millionths: int
    region: str | None = None
    included: bool = False
    on_shipping: bool = False


class CouponKind(StrEnum):
    """What a coupon takes off."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"
    FREE_SHIPPING = "free_shipping"


class CouponHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in and uses a coupon; `email` is the account's, whatever address the order is to be written to."""

    customer_id: CustomerId
    email: str


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """A code that lowers the price. `basis_points` for a percentage, `amount_off` by currency for a fixed sum.

    `minimum` is the subtotal it asks for, by currency. Limits count orders, over all customers and per e-mail address.
    """

    code: str
    kind: CouponKind
    basis_points: int = 0
    amount_off: dict[str, int] = {}
    minimum: dict[str, int] = {}
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    usage_limit: int | None = None
    per_customer_limit: int | None = None
    active: bool = True


Rule: TypeAlias = ShippingMethod | TaxRate | Coupon


class PricingRules(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule there is but for coupons, which may be many."""

    shipping_methods: tuple[ShippingMethod, ...]
    tax_rates: tuple[TaxRate, ...]


def figures(rule: Rule) -> dict[str, str]:
    """A rule for the audit log: its fields, each as JSON."""
    return {name: msgspec.json.encode(value).decode() for name, value in msgspec.structs.asdict(rule).items()}
