"""Money keeps every minor unit: in and out of text, in sums, in splits."""

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted import caught

from shopcore.kernel.iso4217 import EXPONENTS
from shopcore.kernel.money import CurrencyMismatch, InvalidMoney, Money, exponent, round_half_even, round_half_up, split
from shopcore.testing.strategies.kernel import currencies, money

pytestmark = pytest.mark.core

WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)
AMOUNTS = st.integers(-(10**9), 10**9)
FRACTIONS = st.fractions() | st.integers().map(lambda n: Fraction(2 * n + 1, 2))
Split = Callable[[int, Sequence[int]], tuple[int, ...]]


@given(currencies(), st.integers(-(10**15) + 1, 10**15 - 1))
def test_what_is_written_is_read_back(currency: str, amount: int) -> None:
    """`parse` undoes `str`, whatever the exponent and the sign."""
    text, code = str(Money(amount, currency)).split()

    assert Money.parse(text, code) == Money(amount, currency)


@given(money())
def test_encoded_money_is_decoded_the_same(amount: Money) -> None:
    """The stored form loses nothing."""
    assert msgspec.json.decode(msgspec.json.encode(amount), type=Money) == amount


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "USD", 1999),
        ("1980", "JPY", 1980),
        ("12.345", "KWD", 12345),
        ("-0.05", "EUR", -5),
        (" 7 ", "EUR", 700),
        ("7.100", "EUR", 710),
        (".5", "EUR", 50),
        ("999999999999999.999", "KWD", 10**18 - 1),
    ],
)
def test_a_decimal_is_read_in_minor_units(text: str, currency: str, minor: int) -> None:
    """ISO 4217 says how many decimals there are."""
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        *(
            (text, "USD")
            for text in ("", " ", ".", "-", "1,50", "1.5.0", "1e3", "1E+9999999", "1_000", "NaN", "Infinity")
        ),
        *((text, "USD") for text in ("19.999", "0x10", "١٩", "$5", "1" * 16, "1" * 10_000)),
        ("0.5", "JPY"),
        ("0.0005", "KWD"),
        ("1", "XXX"),
        ("1", "usd"),
    ],
)
def test_what_is_no_amount_is_refused_not_rounded(text: str, currency: str) -> None:
    """No exponents, no separators, no digits beyond the minor unit, no unknown currency."""
    with pytest.raises(InvalidMoney) as refusal:
        Money.parse(text, currency)

    assert refusal.value.code == "invalid_money"
    assert len(refusal.value.detail) < 120


@given(AMOUNTS, AMOUNTS, currencies())
def test_sums_are_those_of_integers(one: int, other: int, currency: str) -> None:
    """Addition, subtraction and sign never round."""
    total = Money(one, currency) + Money(other, currency)

    assert total == Money(one + other, currency)
    assert total - Money(other, currency) == Money(one, currency)
    assert -total == Money.zero(currency) - total
    assert Money(one, currency) * 3 == Money(one, currency) + Money(one, currency) + Money(one, currency)


@pytest.mark.parametrize("act", [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge])
@given(st.lists(currencies(), min_size=2, max_size=2, unique=True))
def test_two_currencies_never_meet(act: Callable[[Money, Money], object], codes: list[str]) -> None:
    """Not even to be compared, and not even when both are nothing."""
    with pytest.raises(CurrencyMismatch):
        act(Money.zero(codes[0]), Money.zero(codes[1]))


def test_amounts_of_two_currencies_are_not_equal() -> None:
    """Equality answers, so that money can be looked up."""
    assert Money(5, "USD") != Money(5, "EUR")


@given(FRACTIONS)
def test_half_up_is_the_nearest_and_a_half_away_from_zero(value: Fraction) -> None:
    """Against the definition, in exact fractions."""
    rounded = round_half_up(value)

    assert abs(value - rounded) <= Fraction(1, 2)
    assert abs(value - rounded) < Fraction(1, 2) or abs(rounded) > abs(value)


@given(FRACTIONS)
def test_half_even_is_the_nearest_and_a_half_to_the_even_one(value: Fraction) -> None:
    """Against the definition, in exact fractions."""
    rounded = round_half_even(value)

    assert abs(value - rounded) <= Fraction(1, 2)
    assert abs(value - rounded) < Fraction(1, 2) or rounded % 2 == 0


def shares_are_sound(shares: Split, amount: int, weights: Sequence[int]) -> None:
    """What a split promises: it sums, and each part is within one unit of its exact share, on the amount's side."""
    parts = shares(amount, weights)
    assert sum(parts) == amount
    exact = [Fraction(amount * weight, sum(weights) or 1) for weight in weights]
    if any(weights):
        assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
        assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)
    else:
        assert max(parts) - min(parts) <= 1
    assert all(part * amount >= 0 for part in parts)


@given(AMOUNTS, WEIGHTS)
def test_a_split_sums_and_is_fair_within_one_unit(amount: int, weights: list[int]) -> None:
    """Largest remainder satisfies the quota; a part without weight gets nothing."""
    shares_are_sound(split, amount, weights)


def floors_only(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Planted: the remainder is lost."""
    return tuple(amount * weight // (sum(weights) or 1) for weight in weights)


def rest_to_the_last(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Planted: the last part takes all of the remainder."""
    parts = floors_only(amount, weights)
    return (*parts[:-1], amount - sum(parts[:-1]))


@pytest.mark.parametrize("planted", [floors_only, rest_to_the_last])
def test_an_unsound_split_is_noticed(planted: Split) -> None:
    """The property above finds both of the usual mistakes."""
    caught(lambda drawn: shares_are_sound(planted, *drawn), st.tuples(AMOUNTS, WEIGHTS))


@given(AMOUNTS, WEIGHTS)
def test_ties_go_to_the_earlier_part(amount: int, weights: list[int]) -> None:
    """Of equal weights, an earlier one never gets less (in size) than a later one."""
    parts = split(amount, weights)
    by_weight: dict[int, list[int]] = {}
    for weight, part in zip(weights, parts, strict=True):
        by_weight.setdefault(weight, []).append(abs(part))

    assert all(sizes == sorted(sizes, reverse=True) for sizes in by_weight.values())


@given(money(), WEIGHTS)
def test_money_is_split_like_its_amount(amount: Money, weights: list[int]) -> None:
    """And keeps its currency."""
    assert amount.split(weights) == tuple(Money(part, amount.currency) for part in split(amount.amount, weights))


@pytest.mark.parametrize("weights", [[], [-1], [3, -1]])
def test_a_split_needs_weights(weights: list[int]) -> None:
    """None, or a negative one, is a refusal, not a wrong sum."""
    with pytest.raises(InvalidMoney):
        split(10, weights)


def test_every_currency_has_a_known_exponent() -> None:
    """Codes of three capitals; decimals 0, 2 or 3, and an unknown code is refused by name."""
    assert all(len(code) == 3 and code.isupper() and exponent(code) in {0, 2, 3} for code in EXPONENTS)
    with pytest.raises(InvalidMoney, match="EURO"):
        exponent("EURO")
