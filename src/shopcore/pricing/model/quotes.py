"""What is asked, and the answer: the basis of a quote, and the quote with its explanation."""

from enum import StrEnum

import msgspec

from shopcore.kernel.ids import Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.pricing.model.rules import Coupon, ShippingMethod, TaxRate


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


class StepKind(StrEnum):
    """What a step of the explanation is about. All but `INCLUDED_TAX` add up to the total."""

    LINE = "line"
    DISCOUNT = "discount"
    SHIPPING = "shipping"
    TAX = "tax"
    INCLUDED_TAX = "included_tax"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the explanation: `amount` is what `rule` did to `what`, in words in `text`.

    `rule` is `unit_price`, or the code or id of a coupon, shipping method or tax rate; `what` is a SKU, `goods` (all
    lines) or `shipping`. The amounts of the steps that count sum to the quote's total; the others tell what is within.
    """

    kind: StepKind
    rule: str
    what: str
    amount: Money
    text: str

    @property
    def counts(self) -> bool:
        """Whether the amount is part of the total: included tax is within a price that was counted already."""
        return self.kind is not StepKind.INCLUDED_TAX


class QuotedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its money: `line_total` is unit price times quantity, before discount; `tax` is what falls on it."""

    line: PricedLine
    line_total: Money
    discount: Money
    tax: Money


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """`total` = `subtotal` - `discount` + `shipping` + the tax that comes on top; `tax` holds included tax as well.

    `shipping_tax` is the part of `tax` that falls on shipping; the rest is on the lines.
    """

    basis: Basis
    lines: tuple[QuotedLine, ...]
    subtotal: Money
    discount: Money
    shipping: Money
    shipping_tax: Money
    tax: Money
    total: Money
    steps: tuple[Step, ...]
