"""Amounts as Stripe counts them.

Source: Stripe's documentation, "Supported currencies". It counts smallest units as ISO 4217 does, but Malagasy ariary
in whole ones, and Icelandic krónur and Ugandan shillings in hundredths although they have none; and of a currency with
three decimals, the last must be 0.
"""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from shopcore.kernel.money import Money

_UNITS_OF_OURS: Mapping[str, Fraction] = MappingProxyType(
    {"MGA": Fraction(1, 100), "ISK": Fraction(100), "UGX": Fraction(100)}
)
"""How many of Stripe's units one of ours is, where it is not one."""

_TENS_ONLY = frozenset("BHD JOD KWD OMR TND".split())


class NotTakable(Exception):
    """Stripe has no such amount. It is never rounded."""


def to_stripe(money: Money) -> int:
    """In Stripe's units. Raises `NotTakable`."""
    units = money.amount * _UNITS_OF_OURS.get(money.currency, Fraction(1))
    if units.denominator != 1 or (money.currency in _TENS_ONLY and units % 10):
        raise NotTakable
    return int(units)


def step_of(currency: str) -> int:
    """Of how many of the shop's units all amounts are multiples that `to_stripe` takes."""
    per_unit = _UNITS_OF_OURS.get(currency, Fraction(1))
    return 10 if currency in _TENS_ONLY else per_unit.denominator


def from_stripe(units: int, currency: str) -> Money:
    """In the shop's units. What none expresses is rounded towards zero: 199 hundredths of a króna are 1, 99 are 0.

    Of what the shop has asked for there is no such rest; of fees and of what others have charged there may be.
    """
    code = currency.upper()
    return Money(int(units / _UNITS_OF_OURS.get(code, Fraction(1))), code)
