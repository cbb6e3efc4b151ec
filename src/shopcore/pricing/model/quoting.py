"""The one place where a price, a discount, a tax or a shipping fee is computed."""

from collections.abc import Iterable, Sequence

from shopcore.kernel.money import Money
from shopcore.pricing.errors import NotSoldInCurrency, ShippingMethodNotFound
from shopcore.pricing.model import discounts
from shopcore.pricing.model.quotes import Basis, Quote, QuotedLine, Step, StepKind
from shopcore.pricing.model.rules import ShippingMethod
from shopcore.pricing.model.shares import spread
from shopcore.pricing.model.shipping import parcel, shipping_fee, weight_of
from shopcore.pricing.model.taxes import TaxDue, applicable, tax_steps, taxes_due


def quote(basis: Basis) -> Quote:
    """What the basis comes to. It depends on nothing else, so `quote(order.basis)` is the order's quote for ever.

    1. A line's total is its unit price times its quantity.
    2. Coupons take off the goods, in their order, each from what is left; the sum is split over the lines in
       proportion to their totals, by largest remainder.
    3. Shipping is charged by the goods after discount; nothing to ship, or no method chosen yet, costs nothing.
    4. Each tax rate of the place is computed on the taxable lines after discount (and on shipping where it says so),
       rounded half up once, and split over the lines by largest remainder. See docs/decisions/0010.

    The order of the lines changes no amount. Whether coupons may be used and whether a method is still needed is the
    caller's question. Raises `NotSoldInCurrency` for a unit price in another currency and `ShippingMethodNotFound`
    for a method that does not go there.
    """
    totals, subtotal = _line_totals(basis)
    discount_steps = discounts.goods_steps(basis.coupons, subtotal)
    discount = -_sum(discount_steps, basis)
    line_discounts = spread(discount, basis.lines, [total.amount for total in totals])
    shipping_steps = _shipping_steps(basis, subtotal - discount)
    shipping = _sum(shipping_steps, basis)

    taxable = _taxable(basis, [total - less for total, less in zip(totals, line_discounts, strict=True)])
    base = Money(sum(taxable), basis.currency)
    dues = taxes_due(applicable(basis.tax_rates, basis.country, basis.region), base, shipping)
    line_taxes = _line_taxes(basis, dues, taxable)
    shipping_tax = _total((due.shipping for due in dues), basis)
    return Quote(
        basis=basis,
        lines=_quoted_lines(basis, totals, line_discounts, line_taxes),
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        shipping_tax=shipping_tax,
        tax=_total(line_taxes, basis) + shipping_tax,
        total=subtotal - discount + shipping + _total((due.on_top for due in dues), basis),
        steps=(
            *_line_steps(basis, totals),
            *discount_steps,
            *shipping_steps,
            *(step for due in dues for step in tax_steps(due, base, shipping)),
        ),
    )


def prices_paid(quoted: Quote) -> tuple[Money, ...]:
    """What each line came to in the end: less its discount, with the tax that came on top of it.

    With shipping and its tax on top they sum to the total.
    """
    basis = quoted.basis
    discounted = [line.line_total - line.discount for line in quoted.lines]
    taxable = _taxable(basis, discounted)
    rates = applicable(basis.tax_rates, basis.country, basis.region)
    dues = taxes_due(rates, Money(sum(taxable), basis.currency), quoted.shipping)
    on_top = _line_taxes(basis, [due for due in dues if not due.rate.included], taxable)
    return tuple(price + tax for price, tax in zip(discounted, on_top, strict=True))


def shipping_options(methods: Iterable[ShippingMethod], basis: Basis) -> tuple[tuple[ShippingMethod, Money], ...]:
    """The methods that can be had for the basis, each with the fee that `quote` would charge for it.

    None when there is nothing to ship. Raises `NotSoldInCurrency`.
    """
    if not parcel(basis):
        return ()
    _, subtotal = _line_totals(basis)
    goods = subtotal + _sum(discounts.goods_steps(basis.coupons, subtotal), basis)
    steps = ((method, _steps_of(method, basis, goods)) for method in methods)
    return tuple((method, _sum(found, basis)) for method, found in steps if found is not None)


def _total(amounts: Iterable[Money], basis: Basis) -> Money:
    return sum(amounts, Money.zero(basis.currency))


def _sum(steps: Iterable[Step], basis: Basis) -> Money:
    return _total((step.amount for step in steps), basis)


def _line_totals(basis: Basis) -> tuple[tuple[Money, ...], Money]:
    for line in basis.lines:
        if line.unit_price.currency != basis.currency:
            raise NotSoldInCurrency(line.sku, basis.currency)
    totals = tuple(line.unit_price * line.quantity for line in basis.lines)
    return totals, _total(totals, basis)


def _line_steps(basis: Basis, totals: Sequence[Money]) -> tuple[Step, ...]:
    return tuple(
        Step(
            kind=StepKind.LINE,
            rule="unit_price",
            what=line.sku,
            amount=total,
            text=f"{line.quantity} at {line.unit_price}",
        )
        for line, total in zip(basis.lines, totals, strict=True)
    )


def _shipping_steps(basis: Basis, goods: Money) -> tuple[Step, ...]:
    if basis.shipping_method is None or not parcel(basis):
        return ()
    steps = _steps_of(basis.shipping_method, basis, goods)
    if steps is None:
        raise ShippingMethodNotFound
    return steps


def _steps_of(method: ShippingMethod, basis: Basis, goods: Money) -> tuple[Step, ...] | None:
    fee = shipping_fee(method, goods, weight_of(parcel(basis)), basis.country)
    if fee is None:
        return None
    charge = Step(kind=StepKind.SHIPPING, rule=method.code, what="shipping", amount=fee, text=method.title)
    return (charge, *discounts.shipping_steps(basis.coupons, fee))


def _taxable(basis: Basis, discounted: Sequence[Money]) -> list[int]:
    return [price.amount if line.taxable else 0 for line, price in zip(basis.lines, discounted, strict=True)]


def _line_taxes(basis: Basis, dues: Sequence[TaxDue], taxable: Sequence[int]) -> tuple[Money, ...]:
    shares = [spread(due.goods, basis.lines, taxable) for due in dues]
    return tuple(_total((share[index] for share in shares), basis) for index in range(len(basis.lines)))


def _quoted_lines(
    basis: Basis, totals: Sequence[Money], line_discounts: Sequence[Money], line_taxes: Sequence[Money]
) -> tuple[QuotedLine, ...]:
    return tuple(
        QuotedLine(line=line, line_total=total, discount=less, tax=tax)
        for line, total, less, tax in zip(basis.lines, totals, line_discounts, line_taxes, strict=True)
    )
