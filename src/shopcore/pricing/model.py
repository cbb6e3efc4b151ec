"""What everything costs, and why: a pure function from intent and rules to money, with every cent explained."""

from datetime import datetime
from enum import StrEnum

import msgspec

from shopcore.kernel.ids import Sku, VariantId
from shopcore.kernel.money import Money


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
    """A tax of one place. `basis_points` are hundredths of a percent (1900 = 19 %); `region` None is the whole country.

    `included` says that catalogue prices contain it already (VAT) or that it comes on top (sales tax).
    """

    id: str
    name: str
    country: str
    basis_points: int
    region: str | None = None
    included: bool = False
    on_shipping: bool = False


class CouponKind(StrEnum):
    """What a coupon takes off."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"
    FREE_SHIPPING = "free_shipping"


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


class PricedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a cart with what the catalogue says of it now."""

    variant_id: VariantId
    sku: Sku
    title: str
    quantity: int
    unit_price: Money
    weight_grams: int = 0
    requires_shipping: bool = True
    taxable: bool = True


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a quote depends on, and nothing else: stored with the order, so it can be computed again."""

    currency: str
    lines: tuple[PricedLine, ...]
    coupons: tuple[Coupon, ...] = ()
    shipping_method: ShippingMethod | None = None
    tax_rates: tuple[TaxRate, ...] = ()
    country: str | None = None
    region: str | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the explanation: `amount` is what `rule` did to `what` (a SKU, `shipping` or `total`)."""

    rule: str
    what: str
    amount: Money
    text: str


class QuotedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its money: `line_total` is unit price times quantity, before discount; tax as it falls on the line."""

    line: PricedLine
    line_total: Money
    discount: Money
    tax: Money


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """`total` = `subtotal` - `discount` + `shipping` + the tax that comes on top; `tax` holds included tax as well."""

    basis: Basis
    lines: tuple[QuotedLine, ...]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    steps: tuple[Step, ...]
