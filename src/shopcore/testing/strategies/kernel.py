"""Hypothesis strategies for the words that every feature shares: money, ids, instants, addresses.

Each is a function that returns a strategy, so that a test says what it needs: `money("JPY", most=500)`.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shopcore.kernel.address import Address
from shopcore.kernel.ids import uuid7
from shopcore.kernel.iso3166 import COUNTRIES
from shopcore.kernel.iso4217 import EXPONENTS
from shopcore.kernel.money import Money

_FAMILIAR = ("USD", "JPY", "KWD", "EUR")  # one of each exponent first: what a failing example shrinks to
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = 2**48 - 1
_RANDOM = 2**74 - 1


def currencies(*, exponents: tuple[int, ...] = (0, 2, 3)) -> st.SearchStrategy[str]:
    """ISO 4217 codes whose minor unit has one of those exponents; half of them are familiar ones."""
    familiar = [code for code in _FAMILIAR if EXPONENTS[code] in exponents]
    every = sorted(code for code, exponent in EXPONENTS.items() if exponent in exponents)
    return st.sampled_from(familiar) | st.sampled_from(every)


def amounts(*, least: int = 0, most: int = 10**8) -> st.SearchStrategy[int]:
    """Minor units; often so few that rounding shows."""
    return st.integers(least, min(most, least + 20)) | st.integers(least, most)


def money(currency: str | None = None, *, least: int = 0, most: int = 10**8) -> st.SearchStrategy[Money]:
    """Amounts of one currency, or each of any; `least` and `most` are in minor units."""
    codes = currencies() if currency is None else st.just(currency)
    return st.builds(Money, amounts(least=least, most=most), codes)


def ids() -> st.SearchStrategy[str]:
    """UUIDv7 strings, in no order."""
    return st.builds(uuid7, st.integers(0, _MILLISECONDS), st.integers(0, _RANDOM))


def instants() -> st.SearchStrategy[datetime]:
    """Aware times in UTC between 1970 and 2100, to the microsecond, which is what the stores keep."""
    microseconds = int((datetime(2100, 1, 1, tzinfo=UTC) - _EPOCH) / timedelta(microseconds=1))
    return st.integers(0, microseconds).map(lambda since: _EPOCH + timedelta(microseconds=since))


def texts(*, longest: int = 40) -> st.SearchStrategy[str]:
    """Printable text in any script, with something in it besides spaces."""
    letters = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))
    return st.text(letters, min_size=1, max_size=longest)


def addresses(country: str | None = None) -> st.SearchStrategy[Address]:
    """Addresses without a problem, in that country or any."""
    maybe = st.none() | texts()
    return st.builds(
        Address,
        name=texts(),
        line1=texts(),
        city=texts(),
        country=st.sampled_from(sorted(COUNTRIES)) if country is None else st.just(country),
        company=maybe,
        line2=maybe,
        region=st.none() | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=3),
        postal_code=st.none() | st.text("0123456789", min_size=4, max_size=8),
        phone=st.none() | st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
    )
