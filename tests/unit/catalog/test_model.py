"""Products, prices and slugs: what holds for every one of them."""

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.planted import caught

from shopcore.catalog.model import (
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    MAX_OPTIONS,
    MAX_PRICE,
    MAX_VARIANTS,
    FacetValue,
    Option,
    Price,
    PriceRange,
    Product,
    ProductStatus,
    Variant,
    archive,
    check,
    price_bands,
    price_range,
    publish,
    slugify,
)
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.testing.strategies.catalog import CURRENCIES, products
from shopcore.testing.strategies.kernel import instants

pytestmark = pytest.mark.core

replace = msgspec.structs.replace
Span = tuple[int, int]
SPANS = st.lists(
    st.tuples(st.integers(0, MAX_PRICE), st.integers(0, MAX_PRICE)).map(lambda span: (min(span), max(span))),
    max_size=30,
)
SELLABLE = products().filter(lambda product: bool(product.variants))


def codes(product: Product) -> set[tuple[str, str]]:
    """What `check` says: pairs of field and code."""
    try:
        check(product)
    except InvalidInput as refusal:
        return {(error.field, error.code) for error in refusal.errors}
    return set()


@given(products())
def test_a_product_survives_encoding(product: Product) -> None:
    """The stored form loses nothing."""
    assert msgspec.json.decode(msgspec.json.encode(product), type=Product) == product


@given(products())
def test_whatever_the_strategy_draws_is_accepted(product: Product) -> None:
    """`check` answers with the product itself."""
    assert check(product) is product


# ------------------------------------------------------------------------------------------------------ price range


def spans_its_variants(measure: Callable[[Product, str], PriceRange | None]) -> Callable[[Product], None]:
    """Both ends are prices of variants, no price lies outside, and other currencies do not matter."""

    def holds(product: Product) -> None:
        for currency in CURRENCIES:
            prices = [one.prices[currency].price for one in product.variants if currency in one.prices]
            span = measure(product, currency)
            assert (span is None) == (not prices)
            if span is not None:
                assert span.min in prices
                assert span.max in prices
                assert all(span.min <= price <= span.max for price in prices)

    return holds


@given(products())
def test_a_price_range_spans_its_variants(product: Product) -> None:
    """From the cheapest to the dearest variant, in one currency."""
    spans_its_variants(price_range)(product)


def of_the_first_and_last_variant(product: Product, currency: str) -> PriceRange | None:
    """The planted mistake: variants are taken to be sorted by price."""
    prices = [one.prices[currency].price for one in product.variants if currency in one.prices]
    return PriceRange(min=prices[0], max=prices[-1]) if prices else None


def test_unsorted_variants_catch_a_lazy_price_range() -> None:
    """The property notices."""
    caught(spans_its_variants(of_the_first_and_last_variant), products())


# ------------------------------------------------------------------------------------------------------ price bands


def covers_every_span(bands_of: Callable[[Sequence[Span]], Sequence[FacetValue]]) -> Callable[[Sequence[Span]], None]:
    """Bands rise without overlap, at most five, and each counts exactly the spans that meet it; each span meets one."""

    def holds(spans: Sequence[Span]) -> None:
        found = [(*map(int, band.value.split("-")), band.count) for band in bands_of(spans)]
        assert len(found) <= 5
        assert all(first <= last for first, last, _ in found)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(found))
        for first, last, count in found:
            assert count == sum(low <= last and high >= first for low, high in spans) > 0
        assert all(any(low <= last and high >= first for first, last, _ in found) for low, high in spans)
        assert all(any(first <= end <= last for first, last, _ in found) for span in spans for end in span)

    return holds


@given(SPANS)
def test_price_bands_cover_every_price(spans: list[Span]) -> None:
    """Filtering by a band shows as many products as it says."""
    covers_every_span(price_bands)(spans)


def bands_by_lowest_price(spans: Sequence[Span]) -> Sequence[FacetValue]:
    """The planted mistake: only the cheapest variant counts."""
    return price_bands([(low, low) for low, _ in spans])


def test_dear_variants_catch_bands_of_cheap_ones() -> None:
    """The property notices."""
    caught(covers_every_span(bands_by_lowest_price), SPANS)


def test_price_bands_are_round() -> None:
    """Worked out by hand: 5.00 to 45.00 in bands of 10.00."""
    bands = price_bands([(500, 500), (1999, 2000), (4500, 4500)])

    assert [(band.value, band.count) for band in bands] == [
        ("0-999", 1),
        ("1000-1999", 1),
        ("2000-2999", 1),
        ("4000-4999", 1),
    ]
    assert price_bands([]) == ()


# ------------------------------------------------------------------------------------------------------------ slugs


def is_a_slug(make: Callable[[str], str]) -> Callable[[str], None]:
    """Lower-case ASCII, single hyphens inside, the same again when made a slug again."""

    def holds(text: str) -> None:
        slug = make(text)
        assert slug.isascii()
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert "--" not in slug
        assert not slug.startswith("-")
        assert not slug.endswith("-")
        assert make(slug) == slug

    return holds


@given(st.text())
def test_any_title_makes_a_slug(text: str) -> None:
    """Or nothing at all, where it has no letter that ASCII knows."""
    is_a_slug(slugify)(text)


def test_spaces_catch_a_slug_by_replacement() -> None:
    """The planted mistake: each space becomes a hyphen, and nothing is trimmed."""
    caught(is_a_slug(lambda text: text.lower().replace(" ", "-")), st.text(" aB-"))


@pytest.mark.parametrize(
    ("title", "slug"), [("Ocean Blue Shirt", "ocean-blue-shirt"), ("  Crème -- Brûlée! ", "creme-brulee"), ("東京", "")]
)
def test_slugs_are_what_a_merchant_expects(title: str, slug: str) -> None:
    """Accents go, the rest stays."""
    assert slugify(title) == slug


# ----------------------------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"title": " \t"}, "title", "required"),
        ({"title": "x" * (LONGEST_TITLE + 1)}, "title", "too_long"),
        ({"slug": ""}, "slug", "invalid"),
        ({"slug": "Blue"}, "slug", "invalid"),
        ({"slug": "a--b"}, "slug", "invalid"),
        ({"slug": "a\n"}, "slug", "invalid"),
        ({"description": "x" * (LONGEST_DESCRIPTION + 1)}, "description", "too_long"),
        ({"options": (Option(name="Size", values=("S",)),) * (MAX_OPTIONS + 1)}, "options", "too_many"),
        ({"options": (Option(name="Size", values=("S", "S")),)}, "options/0/values", "duplicate"),
    ],
)
@given(product=products())
@settings(max_examples=10)
def test_a_broken_rule_is_named(product: Product, changes: dict[str, object], field: str, code: str) -> None:
    """By field and code, whatever else the product is."""
    assert (field, code) in codes(replace(product, **changes))


def variant(*values: str, amount: int = 1, currency: str = "USD", compare_at: Money | None = None) -> Variant:
    """A variant with one price under USD."""
    price = Price(price=Money(amount, currency), compare_at=compare_at)
    return Variant(id=VariantId("v"), sku=Sku("V"), title="V", option_values=values, prices={"USD": price})


@pytest.mark.parametrize(
    ("variants", "field", "code"),
    [
        ((variant(),), "variants/0/option_values", "invalid"),
        ((variant("S"), variant("M"), variant("S")), "variants/2/option_values", "duplicate"),
        ((replace(variant("S"), sku=Sku(" ")),), "variants/0/sku", "required"),
        ((variant("S", amount=-1),), "variants/0/prices/USD", "invalid"),
        ((variant("S", amount=MAX_PRICE + 1),), "variants/0/prices/USD", "invalid"),
        ((variant("S", currency="EUR"),), "variants/0/prices/USD", "invalid"),
        ((variant("S", compare_at=Money(-1, "USD")),), "variants/0/prices/USD", "invalid"),
        ((variant("S"),) * (MAX_VARIANTS + 1), "variants", "too_many"),
    ],
)
@given(product=products())
@settings(max_examples=10)
def test_a_broken_variant_is_named(product: Product, variants: tuple[Variant, ...], field: str, code: str) -> None:
    """By its place, field and code."""
    sized = replace(product, options=(Option(name="Size", values=("S", "M")),), variants=variants)

    assert (field, code) in codes(sized)


@given(products())
def test_every_problem_is_named_at_once(product: Product) -> None:
    """A merchant mends a file in one go."""
    broken = replace(product, title="", slug="Not a slug", description="x" * (LONGEST_DESCRIPTION + 1))

    assert {field for field, _ in codes(broken)} >= {"title", "slug", "description"}


# ------------------------------------------------------------------------------------------------------ life on sale


def changes_status_and_time(
    act: Callable[[Product, datetime], Product], status: ProductStatus
) -> Callable[[tuple[Product, datetime]], None]:
    """Those two alone, and nothing at all when the product has that status."""

    def holds(example: tuple[Product, datetime]) -> None:
        product, now = example
        after = act(product, now)
        assert after == (product if product.status is status else replace(product, status=status, updated_at=now))
        assert act(after, now + timedelta(hours=1)) == after

    return holds


@given(st.tuples(SELLABLE, instants()))
def test_publishing_changes_status_and_time_only(example: tuple[Product, datetime]) -> None:
    """Doing it twice is doing it once."""
    changes_status_and_time(publish, ProductStatus.ACTIVE)(example)


@given(st.tuples(products(), instants()))
def test_archiving_changes_status_and_time_only(example: tuple[Product, datetime]) -> None:
    """From any status, once."""
    changes_status_and_time(archive, ProductStatus.ARCHIVED)(example)


def archive_again(product: Product, now: datetime) -> Product:
    """The planted mistake: what is archived is archived anew, and its time moves."""
    return replace(product, status=ProductStatus.ARCHIVED, updated_at=now)


def test_a_second_archiving_is_caught() -> None:
    """The property notices."""
    caught(changes_status_and_time(archive_again, ProductStatus.ARCHIVED), st.tuples(products(), instants()))


@given(products(statuses=(ProductStatus.DRAFT, ProductStatus.ARCHIVED)), instants())
def test_nothing_to_sell_is_not_published(product: Product, now: datetime) -> None:
    """A product on sale has a variant."""
    with pytest.raises(InvalidInput):
        publish(replace(product, variants=()), now)
