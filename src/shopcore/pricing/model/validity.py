"""What makes a rule one that can be kept: every field that breaks a rule, by name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import assert_never

from shopcore.kernel.errors import FieldError
from shopcore.kernel.iso3166 import COUNTRIES
from shopcore.kernel.iso4217 import EXPONENTS
from shopcore.pricing.model.rules import (
    Coupon,
    CouponKind,
    Rule,
    ShippingKind,
    ShippingMethod,
    ShippingRates,
    ShippingTier,
    TaxRate,
)

_COUPON_CODE = re.compile(r"[A-Z0-9_-]{3,40}")
_METHOD_CODE = re.compile(r"[a-z0-9_-]{1,40}")
_RATE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REGION = re.compile(r"[A-Z0-9]{1,3}")  # ISO 3166-2, the part after the dash
_LONGEST_TEXT = 200
_MOST = 10**12  # minor units or grams: a hundred lines of a thousand such prices still fit 64 bits
_LAST_POSITION = 1_000_000
_WHOLE = 10_000  # basis points in 100 %

Problems = Iterator[FieldError]


def problems_of(rule: Rule) -> tuple[FieldError, ...]:
    """Everything wrong with a rule; empty when it can be stored and quoted with."""
    match rule:
        case ShippingMethod():
            return tuple(_of_method(rule))
        case TaxRate():
            return tuple(_of_rate(rule))
        case Coupon():
            return tuple(_of_coupon(rule))
        case never:
            assert_never(never)


def _problem(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)


def _of_method(method: ShippingMethod) -> Problems:
    if not _METHOD_CODE.fullmatch(method.code):
        yield _problem("code", "invalid_code", "must be 1 to 40 of a-z, 0-9, - and _")
    yield from _text("title", method.title)
    yield from _within("position", method.position, 0, _LAST_POSITION)
    for index, country in enumerate(method.countries):
        yield from _country(f"countries/{index}", country)
    if not method.rates:
        yield _problem("rates", "required", "must hold the rates of at least one currency")
    yield from _currencies("rates", method.rates)
    for currency, rates in method.rates.items():
        yield from _of_rates(f"rates/{currency}", method.kind, rates)


def _of_rates(field: str, kind: ShippingKind, rates: ShippingRates) -> Problems:
    if rates.free_over is not None:
        yield from _within(f"{field}/free_over", rates.free_over, 0, _MOST)
    if not rates.tiers:
        yield _problem(f"{field}/tiers", "required", "must hold at least one tier")
    elif kind is ShippingKind.FLAT and (len(rates.tiers) > 1 or rates.tiers[0].up_to is not None):
        yield _problem(f"{field}/tiers", "not_flat", "a flat method has one tier, without end")
    for index, tier in enumerate(rates.tiers):
        yield from _within(f"{field}/tiers/{index}/price", tier.price, 0, _MOST)
        yield from _rising(f"{field}/tiers/{index}/up_to", rates.tiers[:index], tier)


def _rising(field: str, before: tuple[ShippingTier, ...], tier: ShippingTier) -> Problems:
    if tier.up_to is not None:
        yield from _within(field, tier.up_to, 0, _MOST)
    last = before[-1].up_to if before else -1
    if last is None:
        yield _problem(field, "not_rising", "nothing comes after a tier without end")
    elif tier.up_to is not None and tier.up_to <= last:
        yield _problem(field, "not_rising", "must be more than the tier before")


def _of_rate(rate: TaxRate) -> Problems:
    if not _RATE_ID.fullmatch(rate.id):
        yield _problem("id", "invalid_id", "must be 1 to 64 of A-Z, a-z, 0-9, - and _")
    yield from _text("name", rate.name)
    yield from _country("country", rate.country)
    yield from _within("millionths", rate.millionths, 0, 100 * _WHOLE)
    if rate.region is not None and not _REGION.fullmatch(rate.region):
        yield _problem("region", "invalid_region", "must be the part after the dash of ISO 3166-2, such as CA")


def _of_coupon(coupon: Coupon) -> Problems:
    if not _COUPON_CODE.fullmatch(coupon.code):
        yield _problem("code", "invalid_code", "must be 3 to 40 of A-Z, 0-9, - and _")
    yield from _percentage(coupon)
    yield from _amounts_off(coupon)
    yield from _sums("minimum", coupon.minimum, 0)
    yield from _dates(coupon)
    for field, limit in (("usage_limit", coupon.usage_limit), ("per_customer_limit", coupon.per_customer_limit)):
        if limit is not None:
            yield from _within(field, limit, 1, _MOST)


def _percentage(coupon: Coupon) -> Problems:
    if coupon.kind is CouponKind.PERCENTAGE:
        yield from _within("basis_points", coupon.basis_points, 1, _WHOLE)
    elif coupon.basis_points:
        yield _problem("basis_points", "not_percentage", "is for a percentage coupon only")


def _amounts_off(coupon: Coupon) -> Problems:
    yield from _sums("amount_off", coupon.amount_off, 1)
    if coupon.kind is CouponKind.FIXED and not coupon.amount_off:
        yield _problem("amount_off", "required", "must hold a sum for at least one currency")
    elif coupon.kind is not CouponKind.FIXED and coupon.amount_off:
        yield _problem("amount_off", "not_fixed", "is for a fixed coupon only")


def _dates(coupon: Coupon) -> Problems:
    naive = [name for name in ("starts_at", "ends_at") if _is_naive(getattr(coupon, name))]
    yield from (_problem(name, "no_time_zone", "must say its time zone") for name in naive)
    if not naive and coupon.starts_at and coupon.ends_at and coupon.ends_at <= coupon.starts_at:
        yield _problem("ends_at", "not_after_start", "must be after starts_at")


def _is_naive(at: datetime | None) -> bool:
    return at is not None and at.tzinfo is None


def _sums(field: str, sums: Mapping[str, int], least: int) -> Problems:
    yield from _currencies(field, sums)
    for currency, amount in sums.items():
        yield from _within(f"{field}/{currency}", amount, least, _MOST)


def _currencies(field: str, currencies: Iterable[str]) -> Problems:
    for currency in currencies:
        if currency not in EXPONENTS:
            yield _problem(f"{field}/{currency}", "unknown_currency", "must be an ISO 4217 code such as EUR")


def _country(field: str, country: str) -> Problems:
    if country not in COUNTRIES:
        yield _problem(field, "unknown_country", "must be an ISO 3166-1 alpha-2 code such as DE")


def _text(field: str, text: str) -> Problems:
    if not text.strip():
        yield _problem(field, "required", "must not be empty")
    elif len(text) > _LONGEST_TEXT or not text.isprintable():
        yield _problem(field, "invalid_text", f"must be at most {_LONGEST_TEXT} characters, without control characters")


def _within(field: str, value: int, least: int, most: int) -> Problems:
    if not least <= value <= most:
        yield _problem(field, "out_of_range", f"must be from {least} to {most}")
