"""Quotes worked out by hand, with the figures a customer would see."""

import pytest
from msgspec.structs import replace

from shopcore.kernel.ids import Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.pricing.model import (
    Basis,
    Coupon,
    CouponKind,
    PricedLine,
    Quote,
    ShippingKind,
    ShippingMethod,
    ShippingRates,
    ShippingTier,
    TaxRate,
    quote,
    shipping_options,
)

pytestmark = pytest.mark.core

GERMAN_VAT = TaxRate(id="de-vat", name="MwSt.", country="DE", millionths=190_000, included=True, on_shipping=True)
CALIFORNIA = TaxRate(id="us-ca", name="Sales tax", country="US", region="CA", millionths=72_500)
TEN_PERCENT = Coupon(code="TEN", kind=CouponKind.PERCENTAGE, basis_points=1_000)
FREE_SHIPPING = Coupon(code="SHIPFREE", kind=CouponKind.FREE_SHIPPING)


def line(number: int, price: int, currency: str, quantity: int = 1, *, taxable: bool = True) -> PricedLine:
    return PricedLine(
        variant_id=VariantId(f"v{number}"),
        sku=Sku(f"SKU-{number}"),
        title=f"Thing {number}",
        quantity=quantity,
        unit_price=Money(price, currency),
        weight_grams=400,
        taxable=taxable,
    )


def parcel_service(currency: str, price: int, free_over: int | None = None) -> ShippingMethod:
    rates = ShippingRates(tiers=(ShippingTier(price=price),), free_over=free_over)
    return ShippingMethod(code="parcel", title="Parcel", kind=ShippingKind.FLAT, rates={currency: rates})


def figures(quoted: Quote) -> tuple[int, int, int, int, int]:
    """Subtotal, discount, shipping, tax, total, in minor units."""
    amounts = (quoted.subtotal, quoted.discount, quoted.shipping, quoted.tax, quoted.total)
    return amounts[0].amount, amounts[1].amount, amounts[2].amount, amounts[3].amount, amounts[4].amount


def test_german_vat_is_within_the_price() -> None:
    """119.00 EUR and 4.90 shipping hold 19.78 of VAT: 123.90 * 19 / 119 = 19.7823..., 19.00 of it on the goods."""
    basis = Basis(
        currency="EUR",
        lines=(line(1, 11_900, "EUR"),),
        shipping_method=parcel_service("EUR", 490),
        tax_rates=(GERMAN_VAT, CALIFORNIA),
        country="DE",
    )
    quoted = quote(basis)

    assert figures(quoted) == (11_900, 0, 490, 1_978, 12_390)
    assert (quoted.lines[0].tax.amount, quoted.shipping_tax.amount) == (1_900, 78)
    assert [step.text for step in quoted.steps] == [
        "1 at 119.00 EUR",
        "Parcel",
        "MwSt. 19 % in 119.00 EUR",
        "MwSt. 19 % in 4.90 EUR",
    ]


def test_californian_sales_tax_comes_on_top_of_the_discounted_goods() -> None:
    """2 at 19.99 less 10 % (3.998, so 4.00) are 35.98; 7.25 % of it is 2.60855, so 2.61; shipping is not taxed."""
    basis = Basis(
        currency="USD",
        lines=(line(1, 1_999, "USD", 2),),
        coupons=(TEN_PERCENT,),
        shipping_method=parcel_service("USD", 599),
        tax_rates=(GERMAN_VAT, CALIFORNIA),
        country="US",
        region="ca",
    )
    quoted = quote(basis)

    assert figures(quoted) == (3_998, 400, 599, 261, 4_458)
    assert quoted.shipping_tax.amount == 0
    assert [(step.rule, step.amount.amount) for step in quoted.steps] == [
        ("unit_price", 3_998),
        ("TEN", -400),
        ("parcel", 599),
        ("us-ca", 261),
    ]


def test_a_federal_and_a_provincial_tax_stand_side_by_side() -> None:
    """On 100.10 CAD: GST 5 % is 5.005, so 5.01; PST 7 % is 7.007, so 7.01; neither is taxed by the other."""
    rates = (
        TaxRate(id="gst", name="GST", country="CA", millionths=50_000),
        TaxRate(id="pst", name="PST", country="CA", region="BC", millionths=70_000),
        TaxRate(id="other", name="PST", country="CA", region="MB", millionths=70_000),
    )
    quoted = quote(Basis(currency="CAD", lines=(line(1, 10_010, "CAD"),), tax_rates=rates, country="CA", region="BC"))

    assert [(step.rule, step.amount.amount) for step in quoted.steps[1:]] == [("gst", 501), ("pst", 701)]
    assert figures(quoted) == (10_010, 0, 0, 1_202, 11_212)


def test_tax_is_rounded_for_the_order_not_for_the_line() -> None:
    """Three lines of 0.10 at 14 %: 4.2 cents are 4, although each line's 1.4 would be 1; the spare one goes to v1."""
    rate = TaxRate(id="t", name="Tax", country="US", millionths=140_000)
    lines = tuple(line(number, 10, "USD") for number in (3, 1, 2))
    quoted = quote(Basis(currency="USD", lines=lines, tax_rates=(rate,), country="US"))

    assert quoted.tax == Money(4, "USD")
    assert [quoted_line.tax.amount for quoted_line in quoted.lines] == [1, 2, 1]


def test_yen_have_no_minor_unit() -> None:
    """2 at 1,980 JPY less 10 % are 3,564, with 10 % consumption tax within: 324."""
    rate = TaxRate(id="jp", name="Consumption tax", country="JP", millionths=100_000, included=True)
    basis = Basis(
        currency="JPY", lines=(line(1, 1_980, "JPY", 2),), coupons=(TEN_PERCENT,), tax_rates=(rate,), country="JP"
    )
    quoted = quote(basis)

    assert figures(quoted) == (3_960, 396, 0, 324, 3_564)
    assert quoted.steps[0].text == "2 at 1980 JPY"


def test_dinars_have_a_thousand_fils() -> None:
    """A coupon of 1.000 KWD over 3.333 and 6.667 splits 0.333 and 0.667; 5 % of 9.000 is 0.450 on top."""
    coupon = Coupon(code="ONE", kind=CouponKind.FIXED, amount_off={"KWD": 1_000})
    rate = TaxRate(id="kw", name="VAT", country="KW", millionths=50_000)
    basis = Basis(
        currency="KWD",
        lines=(line(1, 3_333, "KWD"), line(2, 6_667, "KWD")),
        coupons=(coupon,),
        tax_rates=(rate,),
        country="KW",
    )
    quoted = quote(basis)

    assert figures(quoted) == (10_000, 1_000, 0, 450, 9_450)
    assert [quoted_line.discount.amount for quoted_line in quoted.lines] == [333, 667]
    assert quoted.steps[2].text == "1.000 KWD off 10.000 KWD"


def test_coupons_take_from_what_is_left() -> None:
    """50.00 less 10 % is 45.00; less 60.00 is nothing; another 10 % of nothing is nothing."""
    sixty = Coupon(code="SIXTY", kind=CouponKind.FIXED, amount_off={"EUR": 6_000})
    basis = Basis(currency="EUR", lines=(line(1, 5_000, "EUR"),), coupons=(TEN_PERCENT, sixty, TEN_PERCENT))
    quoted = quote(basis)

    assert [step.amount.amount for step in quoted.steps[1:]] == [-500, -4_500, 0]
    assert figures(quoted) == (5_000, 5_000, 0, 0, 0)


def test_shipping_is_free_by_the_discounted_subtotal() -> None:
    """Free over 50.00: 55.00 is enough, 55.00 less 10 % is not, and a free-shipping coupon makes up for it."""
    basis = Basis(
        currency="EUR", lines=(line(1, 5_500, "EUR"),), shipping_method=parcel_service("EUR", 490, free_over=5_000)
    )

    assert quote(basis).shipping.amount == 0
    assert quote(replace(basis, coupons=(TEN_PERCENT,))).shipping.amount == 490
    rescued = quote(replace(basis, coupons=(TEN_PERCENT, FREE_SHIPPING, replace(FREE_SHIPPING, code="AGAIN"))))
    assert rescued.shipping.amount == 0
    assert [(step.rule, step.amount.amount) for step in rescued.steps[2:]] == [("parcel", 490), ("SHIPFREE", -490)]


def test_a_book_and_a_gift_card_tax_the_book_only() -> None:
    """A line that is not taxable takes its share of the discount, and none of the tax."""
    basis = Basis(
        currency="EUR",
        lines=(line(1, 2_000, "EUR"), line(2, 2_000, "EUR", taxable=False)),
        coupons=(TEN_PERCENT,),
        tax_rates=(GERMAN_VAT,),
        country="DE",
    )
    quoted = quote(basis)

    assert [(part.discount.amount, part.tax.amount) for part in quoted.lines] == [(200, 287), (200, 0)]
    assert quoted.total == Money(3_600, "EUR")


def test_the_parcel_weighs_what_is_in_it() -> None:
    """Two at 400 g are 800 g, and the download beside them weighs nothing: the tier up to 800 g holds."""
    tiers = (ShippingTier(price=300, up_to=400), ShippingTier(price=500, up_to=800), ShippingTier(price=700))
    method = ShippingMethod(
        code="post", title="Post", kind=ShippingKind.BY_WEIGHT, rates={"EUR": ShippingRates(tiers=tiers)}
    )
    lines = (line(1, 1_000, "EUR", 2), replace(line(2, 1_000, "EUR"), requires_shipping=False))

    assert quote(Basis(currency="EUR", lines=lines, shipping_method=method)).shipping == Money(500, "EUR")


def test_shipping_options_are_priced_by_the_discounted_subtotal() -> None:
    """As the quote itself: 55.00 less 10 % is below the 50.00 from which the parcel is free."""
    parcel, far = parcel_service("EUR", 490, free_over=5_000), replace(parcel_service("EUR", 1), countries=("FR",))
    basis = Basis(currency="EUR", lines=(line(1, 5_500, "EUR"),), coupons=(TEN_PERCENT,), country="DE")

    assert shipping_options([parcel, far], basis) == ((parcel, Money(490, "EUR")),)
    assert shipping_options([parcel], replace(basis, coupons=())) == ((parcel, Money(0, "EUR")),)
    assert shipping_options([parcel], replace(basis, lines=())) == ()


def test_goods_and_shipping_are_rounded_together() -> None:
    """5 % of 0.10 is half a cent on the goods and half a cent on shipping: one cent, not two."""
    rate = TaxRate(id="t", name="Tax", country="US", millionths=50_000, on_shipping=True)
    basis = Basis(
        currency="USD",
        lines=(line(1, 10, "USD"),),
        shipping_method=parcel_service("USD", 10),
        tax_rates=(rate,),
        country="US",
    )

    assert figures(quote(basis)) == (10, 0, 10, 1, 21)


def test_included_rates_share_one_price() -> None:
    """Twice 10 % within 120.00 are 10.00 each; in 11.00 of shipping, which knows one of them, it is 1.00."""
    both = TaxRate(id="a", name="VAT", country="DE", millionths=100_000, included=True, on_shipping=True)
    goods_only = replace(both, id="b", on_shipping=False)
    basis = Basis(
        currency="EUR",
        lines=(line(1, 12_000, "EUR"),),
        shipping_method=parcel_service("EUR", 1_100),
        tax_rates=(both, goods_only),
        country="DE",
    )
    quoted = quote(basis)

    assert [(step.rule, step.what, step.amount.amount) for step in quoted.steps[2:]] == [
        ("a", "goods", 1_000),
        ("a", "shipping", 100),
        ("b", "goods", 1_000),
    ]
    assert figures(quoted) == (12_000, 0, 1_100, 2_100, 13_100)


def test_an_empty_basis_costs_nothing() -> None:
    """And says so in its currency."""
    assert figures(quote(Basis(currency="JPY", lines=()))) == (0, 0, 0, 0, 0)


def test_what_needs_no_shipping_is_charged_none() -> None:
    """A download, although a method was chosen before."""
    download = replace(line(1, 900, "EUR"), requires_shipping=False)
    quoted = quote(Basis(currency="EUR", lines=(download,), shipping_method=parcel_service("EUR", 490)))

    assert figures(quoted) == (900, 0, 0, 0, 900)
    assert len(quoted.steps) == 1
