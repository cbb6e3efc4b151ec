"""Money: an integer of minor units with its ISO 4217 currency. No floats, no silent rounding, no mixed currencies."""

import re
from collections.abc import Sequence
from fractions import Fraction

import msgspec

from shopcore.kernel.errors import Conflict, Rejected
from shopcore.kernel.iso4217 import EXPONENTS

# Fifteen digits of whole units, with the minor unit's three, fit 64 bits. The decimal module is not asked: it rounds to
# whatever precision its thread's context has.
_DECIMAL = re.compile(r"([+-]?)([0-9]{0,15})(?:\.([0-9]{0,15}))?")
_SHOWN = 40  # of a text that is refused


class CurrencyMismatch(Conflict):
    """Two amounts of different currencies met; a conversion is never implied."""

    code = "currency_mismatch"


class InvalidMoney(Rejected):
    """Not an amount of that currency: unknown code, or more decimals than the currency has."""

    code = "invalid_money"


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit stands for (ISO 4217). Raises `InvalidMoney` for an unknown code."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise InvalidMoney(f"{currency!r} is not an ISO 4217 currency in circulation") from None


def round_half_up(value: Fraction) -> int:
    """The nearest integer, a half away from zero: what a person expects on a receipt."""
    rounded = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return rounded if value >= 0 else -rounded


def round_half_even(value: Fraction) -> int:
    """The nearest integer, a half to the even one: no drift over many sums (IEEE 754)."""
    return round(value)


class Money(msgspec.Struct, frozen=True, order=False, forbid_unknown_fields=True):
    """`amount` counts minor units (cents for USD, yen for JPY, mils for KWD); it may be negative."""

    amount: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in that currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a plain decimal such as `19.99`. Raises `InvalidMoney` rather than round or guess."""
        parts = _DECIMAL.fullmatch(text.strip())
        sign, whole, decimals = parts.groups("") if parts else ("", "", "")
        if not whole + decimals:
            raise InvalidMoney(f"{text[:_SHOWN]!r} is not an amount")
        kept, places = decimals.rstrip("0"), exponent(currency)
        if len(kept) > places:
            raise InvalidMoney(f"{text[:_SHOWN]!r} has more decimals than {currency} has")
        amount = int(whole + kept.ljust(places, "0") or "0")
        return cls(-amount if sign == "-" else amount, currency)

    def __str__(self) -> str:
        """The decimal and the code, for people: `19.99 USD`."""
        places = exponent(self.currency)
        digits = f"{abs(self.amount):0{places + 1}d}"
        point = len(digits) - places
        decimals = f".{digits[point:]}" if places else ""
        return f"{'-' if self.amount < 0 else ''}{digits[:point]}{decimals} {self.currency}"

    def _amount_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be combined")
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._amount_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._amount_of(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.amount * count, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._amount_of(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._amount_of(other)

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Share the amount in proportion to `weights`; the parts sum to it exactly (largest remainder)."""
        return tuple(Money(part, self.currency) for part in split(self.amount, weights))


def split(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Largest-remainder (Hamilton) apportionment of an integer.

    Weights must not be negative; where all are zero the parts are as equal as they can be. Ties go to the earlier
    part, so the result depends on nothing but the arguments. Raises `InvalidMoney` for no or negative weights.
    """
    if not weights or min(weights) < 0:
        raise InvalidMoney("a split needs at least one weight, none of them negative")
    shares = weights if any(weights) else [1] * len(weights)
    total, sign = sum(shares), -1 if amount < 0 else 1
    floors = [abs(amount) * share // total for share in shares]
    remainders = [abs(amount) * share % total for share in shares]
    left = abs(amount) - sum(floors)
    for index in sorted(range(len(shares)), key=lambda i: -remainders[i])[:left]:
        floors[index] += 1
    return tuple(sign * part for part in floors)
