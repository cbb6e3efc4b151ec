"""What it costs to send."""

from typing import assert_never

from shopcore.kernel.money import Money
from shopcore.pricing.model.quotes import Basis, PricedLine
from shopcore.pricing.model.rules import ShippingKind, ShippingMethod, ShippingRates


def shipping_fee(method: ShippingMethod, subtotal: Money, weight_grams: int, country: str | None) -> Money | None:
    """What the method charges; None where it cannot be had: another country or currency, or beyond its last tier.

    `subtotal` is that of the goods after discounts, and its currency chooses the rates. While the country is not
    known, only a method without `countries` can be had. From `free_over` on the fee is nothing, but a parcel must
    still fit a weight tier.
    """
    rates = method.rates.get(subtotal.currency)
    if rates is None or (method.countries and country not in method.countries):
        return None
    price = _price(rates, _measure(method.kind, subtotal, weight_grams))
    free = rates.free_over is not None and subtotal.amount >= rates.free_over
    if free and (price is not None or method.kind is ShippingKind.BY_SUBTOTAL):
        return Money.zero(subtotal.currency)
    return None if price is None else Money(price, subtotal.currency)


def _measure(kind: ShippingKind, subtotal: Money, weight_grams: int) -> int:
    match kind:
        case ShippingKind.FLAT:
            return 0
        case ShippingKind.BY_WEIGHT:
            return weight_grams
        case ShippingKind.BY_SUBTOTAL:
            return subtotal.amount
        case never:
            assert_never(never)


def _price(rates: ShippingRates, measure: int) -> int | None:
    return next((tier.price for tier in rates.tiers if tier.up_to is None or measure <= tier.up_to), None)


def parcel(basis: Basis) -> tuple[PricedLine, ...]:
    """The lines that have to be sent; when there are none, nothing is charged and no method is needed."""
    return tuple(line for line in basis.lines if line.requires_shipping)


def weight_of(lines: tuple[PricedLine, ...]) -> int:
    """In grams."""
    return sum(line.weight_grams * line.quantity for line in lines)
