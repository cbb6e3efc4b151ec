"""The merchant's rules: when a coupon holds, what a method charges, and what cannot be a rule at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.kernel.money import Money
from shopcore.pricing.model import (
    Coupon,
    CouponKind,
    Rule,
    ShippingKind,
    ShippingMethod,
    ShippingRates,
    ShippingTier,
    TaxRate,
    applicable,
    figures,
    problems_of,
    shipping_fee,
    usable,
)
from shopcore.testing.strategies.kernel import amounts, instants, money
from shopcore.testing.strategies.pricing import coupons, shipping_methods, tax_rates

pytestmark = pytest.mark.core

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
COUPON = Coupon(code="FIVE", kind=CouponKind.FIXED, amount_off={"EUR": 500})
FLAT = ShippingMethod(
    code="post", title="Post", kind=ShippingKind.FLAT, rates={"EUR": ShippingRates(tiers=(ShippingTier(price=490),))}
)
RATE = TaxRate(id="de-vat", name="VAT", country="DE", millionths=190_000)


@pytest.mark.parametrize(
    ("coupon", "reason"),
    [
        (COUPON, None),
        (replace(COUPON, active=False), "is not active"),
        (replace(COUPON, starts_at=NOON + timedelta(microseconds=1)), "is not valid yet"),
        (replace(COUPON, starts_at=NOON), None),
        (replace(COUPON, ends_at=NOON), "has ended"),
        (replace(COUPON, ends_at=NOON + timedelta(microseconds=1)), None),
        (replace(COUPON, minimum={"EUR": 2_001}), "needs a subtotal of 20.01 EUR"),
        (replace(COUPON, minimum={"EUR": 2_000}), None),
        (replace(COUPON, minimum={"USD": 1}), "is not for orders in EUR"),
        (replace(COUPON, amount_off={"USD": 500}), "is not for orders in EUR"),
    ],
)
def test_a_coupon_is_usable_or_says_why_not(coupon: Coupon, reason: str | None) -> None:
    """Asked at noon for 20.00 EUR."""
    assert usable(coupon, Money(2_000, "EUR"), NOON) == reason


@given(coupons("EUR"), money("EUR"), money("EUR"), instants())
def test_buying_more_never_loses_a_coupon(coupon: Coupon, subtotal: Money, more: Money, now: datetime) -> None:
    """What holds for a subtotal holds for every greater one."""
    if usable(coupon, subtotal, now) is None:
        assert usable(coupon, subtotal + more, now) is None


Fee = Callable[[ShippingMethod, Money, int, str | None], Money | None]
OFFERS = st.tuples(shipping_methods("EUR"), amounts(most=10**6), st.integers(0, 10**6))


def free_from_the_threshold_on(fee: Fee, drawn: tuple[ShippingMethod, int, int]) -> None:
    """From `free_over` on nothing is charged; below it, what one of the tiers says."""
    method, more, weight = drawn
    free_over = method.rates["EUR"].free_over or 0
    above, below = (fee(method, Money(max(free_over + step, 0), "EUR"), weight, "DE") for step in (more, -1 - more))
    prices = {tier.price for tier in method.rates["EUR"].tiers}
    assert above is None or method.rates["EUR"].free_over is None or above.amount == 0
    assert below is None or free_over == 0 or below.amount in prices


@given(OFFERS)
def test_shipping_is_free_from_the_threshold_on(drawn: tuple[ShippingMethod, int, int]) -> None:
    """And not before."""
    free_from_the_threshold_on(shipping_fee, drawn)


def free_above_only(method: ShippingMethod, subtotal: Money, weight: int, country: str | None) -> Money | None:
    """Planted: off by one minor unit."""
    return shipping_fee(method, subtotal - Money(1, subtotal.currency), weight, country)


def free_too_early(method: ShippingMethod, subtotal: Money, weight: int, country: str | None) -> Money | None:
    """Planted: off by one minor unit, the other way."""
    return shipping_fee(method, subtotal + Money(1, subtotal.currency), weight, country)


@pytest.mark.parametrize("planted", [free_above_only, free_too_early])
def test_a_threshold_off_by_one_is_caught(planted: Fee) -> None:
    """Either way."""
    caught(lambda drawn: free_from_the_threshold_on(planted, drawn), OFFERS)


@given(shipping_methods("EUR"), money("EUR"), money("EUR"), st.integers(0, 10**6))
def test_a_greater_subtotal_never_ends_free_shipping(
    method: ShippingMethod, subtotal: Money, more: Money, weight: int
) -> None:
    """Free stays free where the threshold made it so, even beyond the last tier by subtotal."""
    free_over = method.rates["EUR"].free_over
    fee = shipping_fee(method, subtotal, weight, "DE")
    if fee is not None and free_over is not None and subtotal.amount >= free_over:
        assert shipping_fee(method, subtotal + more, weight, "DE") == Money.zero("EUR")


BY_WEIGHT = ShippingMethod(
    code="parcel",
    title="Parcel",
    kind=ShippingKind.BY_WEIGHT,
    rates={
        "EUR": ShippingRates(
            tiers=(ShippingTier(price=490, up_to=2_000), ShippingTier(price=990, up_to=10_000)), free_over=5_000
        )
    },
    countries=("DE", "AT"),
)


@pytest.mark.parametrize(
    ("subtotal", "weight", "country", "fee"),
    [
        (100, 0, "DE", 490),
        (100, 2_000, "DE", 490),
        (100, 2_001, "AT", 990),
        (100, 10_001, "DE", None),
        (5_000, 10_000, "DE", 0),
        (5_000, 10_001, "DE", None),
        (100, 0, "FR", None),
        (100, 0, None, None),
    ],
)
def test_a_parcel_is_charged_by_weight(subtotal: int, weight: int, country: str | None, fee: int | None) -> None:
    """Tiers include their end; too heavy, elsewhere or nowhere yet is not to be had."""
    expected = None if fee is None else Money(fee, "EUR")

    assert shipping_fee(BY_WEIGHT, Money(subtotal, "EUR"), weight, country) == expected


def test_a_method_by_subtotal_ends_with_its_last_tier_unless_it_is_free_by_then() -> None:
    """Free over 60.00 says what is charged beyond the tier that ends at 50.00; between them it is not to be had."""
    rates = ShippingRates(tiers=(ShippingTier(price=490, up_to=5_000),), free_over=6_000)
    method = replace(FLAT, kind=ShippingKind.BY_SUBTOTAL, rates={"EUR": rates})
    fees = [shipping_fee(method, Money(subtotal, "EUR"), 0, None) for subtotal in (5_000, 5_001, 6_000)]

    assert fees == [Money(490, "EUR"), None, Money(0, "EUR")]


def test_a_method_without_rates_in_the_currency_is_not_to_be_had() -> None:
    """Nothing is converted."""
    assert shipping_fee(FLAT, Money(100, "USD"), 0, "DE") is None
    assert shipping_fee(FLAT, Money(100, "EUR"), 0, None) == Money(490, "EUR")


def test_the_rates_of_a_place_are_its_countrys_and_its_regions() -> None:
    """Both hold together; without a country there is none."""
    country, region = replace(RATE, id="us", country="US"), replace(RATE, id="ca", country="US", region="CA")
    rates = [country, region, replace(region, id="ny", region="NY"), RATE]

    assert applicable(rates, "US", " ca ") == (country, region)
    assert applicable(rates, "US", None) == (country,)
    assert applicable(rates, "DE", "CA") == (RATE,)
    assert applicable(rates, None, "CA") == ()


def tiers(*ends: int | None) -> dict[str, ShippingRates]:
    return {"EUR": ShippingRates(tiers=tuple(ShippingTier(price=1, up_to=end) for end in ends))}


@pytest.mark.parametrize(
    ("rule", "change", "field", "code"),
    [
        *(
            (COUPON, {"code": bad}, "code", "invalid_code")
            for bad in ("", "AB", "five", "A B", "É" * 3, "A" * 41, "ABC\n")
        ),
        (COUPON, {"amount_off": {}}, "amount_off", "required"),
        (COUPON, {"amount_off": {"EUR": 0}}, "amount_off/EUR", "out_of_range"),
        (COUPON, {"amount_off": {"DEM": 5}}, "amount_off/DEM", "unknown_currency"),
        (COUPON, {"minimum": {"EUR": -1}}, "minimum/EUR", "out_of_range"),
        (COUPON, {"minimum": {"eur": 1}}, "minimum/eur", "unknown_currency"),
        (COUPON, {"basis_points": 5}, "basis_points", "not_percentage"),
        (COUPON, {"kind": CouponKind.FREE_SHIPPING}, "amount_off", "not_fixed"),
        (COUPON, {"kind": CouponKind.PERCENTAGE, "basis_points": 10_001}, "basis_points", "out_of_range"),
        (COUPON, {"kind": CouponKind.PERCENTAGE}, "basis_points", "out_of_range"),
        (COUPON, {"usage_limit": 0}, "usage_limit", "out_of_range"),
        (COUPON, {"per_customer_limit": -1}, "per_customer_limit", "out_of_range"),
        (COUPON, {"starts_at": NOON, "ends_at": NOON}, "ends_at", "not_after_start"),
        (COUPON, {"starts_at": NOON.replace(tzinfo=None)}, "starts_at", "no_time_zone"),
        (RATE, {"id": "a b"}, "id", "invalid_id"),
        (RATE, {"name": " "}, "name", "required"),
        (RATE, {"name": "V\0T"}, "name", "invalid_text"),
        (RATE, {"country": "EU"}, "country", "unknown_country"),
        (RATE, {"region": "Bavaria"}, "region", "invalid_region"),
        (RATE, {"region": "by"}, "region", "invalid_region"),
        *((RATE, {"millionths": bad}, "millionths", "out_of_range") for bad in (-1, 1_000_001)),
        (FLAT, {"code": "Post"}, "code", "invalid_code"),
        (FLAT, {"title": ""}, "title", "required"),
        (FLAT, {"position": -1}, "position", "out_of_range"),
        (FLAT, {"countries": ("DE", "XX")}, "countries/1", "unknown_country"),
        (FLAT, {"rates": {}}, "rates", "required"),
        (FLAT, {"rates": {"XXX": FLAT.rates["EUR"]}}, "rates/XXX", "unknown_currency"),
        (FLAT, {"rates": tiers()}, "rates/EUR/tiers", "required"),
        (FLAT, {"rates": tiers(5)}, "rates/EUR/tiers", "not_flat"),
        (BY_WEIGHT, {"rates": tiers(5, 5)}, "rates/EUR/tiers/1/up_to", "not_rising"),
        (BY_WEIGHT, {"rates": tiers(5, 4, 6)}, "rates/EUR/tiers/1/up_to", "not_rising"),
        (BY_WEIGHT, {"rates": tiers(None, 5)}, "rates/EUR/tiers/1/up_to", "not_rising"),
        (BY_WEIGHT, {"rates": tiers(None, None)}, "rates/EUR/tiers/1/up_to", "not_rising"),
        (BY_WEIGHT, {"rates": tiers(-1)}, "rates/EUR/tiers/0/up_to", "out_of_range"),
        (
            BY_WEIGHT,
            {"rates": {"EUR": ShippingRates(tiers=(ShippingTier(price=-1),), free_over=-1)}},
            "rates/EUR/free_over",
            "out_of_range",
        ),
    ],
)
def test_a_bad_field_is_named_with_its_rule(rule: Rule, change: dict[str, Any], field: str, code: str) -> None:
    """The good rule has no problem; the change makes that one."""
    assert problems_of(rule) == ()
    assert (field, code) in {(problem.field, problem.code) for problem in problems_of(replace(rule, **change))}


RULES: st.SearchStrategy[Rule] = st.one_of(shipping_methods(), tax_rates(), coupons())


@given(RULES)
def test_a_good_rule_has_no_problem_and_survives_storage(rule: Rule) -> None:
    """The strategies make rules that a shop could have stored, and storage loses nothing."""
    assert problems_of(rule) == ()
    assert msgspec.json.decode(msgspec.json.encode(rule), type=type(rule)) == rule
    assert set(figures(rule)) == set(rule.__struct_fields__)
