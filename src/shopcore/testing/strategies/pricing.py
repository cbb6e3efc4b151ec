"""Hypothesis strategies for pricing: the merchant's rules, and bases that can be quoted.

Every rule passes `shopcore.pricing.model.problems_of`, so it is one that a shop could have stored.
"""

from datetime import timedelta
from itertools import accumulate

from hypothesis import strategies as st
from msgspec.structs import replace

from shopcore.kernel.ids import Sku, VariantId
from shopcore.pricing.model import (
    Basis,
    Coupon,
    CouponKind,
    PricedLine,
    ShippingKind,
    ShippingMethod,
    ShippingRates,
    ShippingTier,
    TaxRate,
)
from shopcore.testing.strategies.kernel import amounts, currencies, ids, instants, money

_COUNTRIES = ("DE", "US", "CA", "JP", "KW")
_REGIONS = ("CA", "NY", "QC")
_TITLES = ("T-shirt", "Tasse „groß“", "本", "قهوة")  # drawn rather than made: most of a basis would be letters
_CODES = ("FIVE", "TEN-OFF", "SUMMER_26", "007", "A" * 40)
_HIGHEST_TAX = 330_000  # millionths; three of them together stay below 100 %


def priced_lines(currency: str) -> st.SearchStrategy[PricedLine]:
    """One line in that currency: free or dear, light or heavy, taxable or not, to be sent or not."""
    return st.builds(
        PricedLine,
        variant_id=ids().map(VariantId),
        sku=st.integers(1, 9_999).map(lambda number: Sku(f"SKU-{number}")),
        title=st.sampled_from(_TITLES),
        quantity=st.integers(1, 3) | st.integers(1, 1_000),
        unit_price=money(currency, most=10**6),
        weight_grams=st.integers(0, 5_000),
        requires_shipping=st.sampled_from((True, True, False)),
        taxable=st.sampled_from((True, True, False)),
    )


@st.composite
def shipping_rates(draw: st.DrawFn, *, kind: ShippingKind | None = None, bounded: bool | None = None) -> ShippingRates:
    """Rising tiers of one currency. `bounded` says whether the last tier has an end; None leaves it to chance."""
    free_over = draw(st.none() | amounts(most=10**6))
    if kind is ShippingKind.FLAT:
        return ShippingRates(tiers=(ShippingTier(price=draw(amounts(most=10**4))),), free_over=free_over)
    gaps = draw(st.lists(st.integers(1, 10**5), min_size=1, max_size=4))
    ends: list[int | None] = [*accumulate(gaps)]
    if not (draw(st.booleans()) if bounded is None else bounded):
        ends.append(None)
    tiers = tuple(ShippingTier(price=draw(amounts(most=10**4)), up_to=end) for end in ends)
    return ShippingRates(tiers=tiers, free_over=free_over)


@st.composite
def shipping_methods(draw: st.DrawFn, currency: str | None = None, *, everywhere: bool = False) -> ShippingMethod:
    """A way to send, with rates in that currency or any. `everywhere`: to every country, whatever it weighs."""
    kind = draw(st.sampled_from(ShippingKind))
    codes = draw(currencies()) if currency is None else currency
    return ShippingMethod(
        code=draw(st.sampled_from(("standard", "express", "pick-up", "post_2"))),
        title=draw(st.sampled_from(_TITLES)),
        kind=kind,
        rates={codes: draw(shipping_rates(kind=kind, bounded=False if everywhere else None))},
        countries=() if everywhere else tuple(draw(st.lists(st.sampled_from(_COUNTRIES), max_size=2, unique=True))),
        position=draw(st.integers(0, 10)),
    )


def tax_rates(
    country: str | None = None, region: str | None = None, *, most_millionths: int = 1_000_000
) -> st.SearchStrategy[TaxRate]:
    """Rates of a country, or of that or another of its regions; on top or included, on shipping or not."""
    return st.builds(
        TaxRate,
        id=ids(),
        name=st.sampled_from(("VAT", "Sales tax", "GST", "PST")),
        country=st.sampled_from(_COUNTRIES) if country is None else st.just(country),
        region=st.sampled_from((None, region, *_REGIONS)),
        millionths=st.sampled_from((190_000, 82_500, 88_750, 100_000, 50_000)) | st.integers(0, most_millionths),
        included=st.booleans(),
        on_shipping=st.booleans(),
    )


@st.composite
def coupons(draw: st.DrawFn, currency: str | None = None) -> Coupon:
    """A coupon of any kind; a fixed one is for that currency, or any."""
    kind = draw(st.sampled_from(CouponKind))
    code = draw(currencies()) if currency is None else currency
    starts_at, lasts = draw(st.none() | instants()), draw(st.none() | st.integers(1, 1_000))
    return Coupon(
        code=draw(st.sampled_from(_CODES)),
        kind=kind,
        basis_points=draw(st.integers(1, 10_000)) if kind is CouponKind.PERCENTAGE else 0,
        amount_off={code: draw(amounts(least=1, most=10**6))} if kind is CouponKind.FIXED else {},
        minimum={code: draw(amounts(most=10**6))} if draw(st.booleans()) else {},
        starts_at=starts_at,
        ends_at=(starts_at or draw(instants())) + timedelta(days=lasts) if lasts else None,
        usage_limit=draw(st.none() | st.integers(1, 1_000)),
        per_customer_limit=draw(st.none() | st.integers(1, 10)),
        active=draw(st.booleans()),
    )


@st.composite
def baskets(draw: st.DrawFn, currency: str, *, most_lines: int = 6) -> tuple[PricedLine, ...]:
    """Lines of different variants. Often two of them are twins, alike in all but the id: there a split has ties."""
    lines = draw(st.lists(priced_lines(currency), max_size=most_lines, unique_by=lambda line: line.variant_id))
    twins = draw(st.booleans())
    if twins and lines:
        lines.append(replace(draw(st.sampled_from(lines)), variant_id=VariantId(draw(ids()))))
    return tuple({line.variant_id: line for line in lines}.values())


@st.composite
def bases(draw: st.DrawFn, currency: str | None = None, *, most_lines: int = 6) -> Basis:
    """Something that `quote` can answer: each variant once, one currency, a method that can be had, or none yet."""
    code = draw(currencies()) if currency is None else currency
    country, region = draw(st.sampled_from(_COUNTRIES)), draw(st.none() | st.sampled_from(_REGIONS))
    rates = tax_rates(country, region, most_millionths=_HIGHEST_TAX)
    return Basis(
        currency=code,
        lines=draw(baskets(code, most_lines=most_lines)),
        coupons=tuple(draw(st.lists(coupons(code), max_size=3, unique_by=lambda coupon: coupon.code))),
        shipping_method=draw(st.none() | shipping_methods(code, everywhere=True)),
        tax_rates=tuple(draw(st.lists(rates, max_size=3, unique_by=lambda rate: rate.id))),
        country=draw(st.sampled_from((country, country, country, None))),
        region=region,
    )
