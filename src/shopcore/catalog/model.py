"""Products with options and variants, categories as a tree, prices per currency."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from shopcore.kernel.errors import FieldError, InvalidInput
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId
from shopcore.kernel.money import Money, exponent
from shopcore.kernel.paging import Position

MAX_OPTIONS = 3
MAX_VARIANTS = 2_000
LONGEST_TITLE = 255
LONGEST_DESCRIPTION = 100_000
MAX_PRICE = 10**12  # minor units: times any quantity that a cart holds it still fits the 64 bits of a store

_MAX_BANDS = 5
_BAND_WIDTHS = tuple(digit * 10**zeros for zeros in range(2, 19) for digit in (1, 2, 5))


class ProductStatus(StrEnum):
    """Only active products are seen and sold."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A way in which variants differ, such as Size, with its values in the merchant's order."""

    name: str
    values: tuple[str, ...]


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """An image, by its address."""

    url: str
    alt: str | None = None


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant costs, and what it is said to have cost before."""

    price: Money
    compare_at: Money | None = None


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold: one combination of option values under one SKU. `prices` is keyed by currency."""

    id: VariantId
    sku: Sku
    title: str
    option_values: tuple[str, ...] = ()
    prices: dict[str, Price] = {}
    weight_grams: int | None = None
    requires_shipping: bool = True
    taxable: bool = True
    barcode: str | None = None


class NewVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant before it has an id."""

    sku: Sku
    option_values: tuple[str, ...] = ()
    prices: dict[str, Price] = {}
    weight_grams: int | None = None
    requires_shipping: bool = True
    taxable: bool = True
    barcode: str | None = None


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown: a title, a description (sanitised HTML) and its variants. `version` counts its writes."""

    id: ProductId
    slug: str
    title: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    brand: str | None = None
    status: ProductStatus = ProductStatus.DRAFT
    category_ids: tuple[CategoryId, ...] = ()
    tags: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    attributes: dict[str, str] = {}
    media: tuple[Media, ...] = ()
    variants: tuple[Variant, ...] = ()
    version: int = 1


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree; `position` orders it among its siblings."""

    id: CategoryId
    slug: str
    title: str
    parent_id: CategoryId | None = None
    position: int = 0


class PriceRange(msgspec.Struct, frozen=True, kw_only=True):
    """The cheapest and the dearest variant in one currency."""

    min: Money
    max: Money


class ProductSort(StrEnum):
    """The orders of a listing. Ties are broken by id, so paging is stable."""

    NEWEST = "newest"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    RATING = "rating"
    NAME = "name"


class ProductFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a listing or a search shows. Prices are minor units of `currency`; a category includes those below it."""

    currency: str
    category: str | None = None
    brand: str | None = None
    tag: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool | None = None


class FacetValue(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a facet and how many hits have it."""

    value: str
    count: int


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """Counted over the first 1,000 hits. `price` counts by bands of minor units, `from-to`."""

    category: tuple[FacetValue, ...] = ()
    brand: tuple[FacetValue, ...] = ()
    tag: tuple[FacetValue, ...] = ()
    price: tuple[FacetValue, ...] = ()


class SearchHits(msgspec.Struct, frozen=True, kw_only=True):
    """Products by relevance. `total` is exact up to 1,000, beyond which `total_is_exact` is False."""

    items: tuple[Product, ...]
    total: int
    total_is_exact: bool
    facets: Facets
    next_position: Position | None = None


def publish(product: Product, now: datetime) -> Product:
    """Put a product on sale; a no-op when it is. Raises `InvalidInput` if it has no variant to sell."""
    if product.status is ProductStatus.ACTIVE:
        return product
    if not product.variants:
        raise InvalidInput.of("variants", "required", "a product on sale has at least one variant")
    return msgspec.structs.replace(product, status=ProductStatus.ACTIVE, updated_at=now)


def archive(product: Product, now: datetime) -> Product:
    """Take a product off sale for good, a no-op when it is; orders that hold it are not touched."""
    if product.status is ProductStatus.ARCHIVED:
        return product
    return msgspec.structs.replace(product, status=ProductStatus.ARCHIVED, updated_at=now)


def with_id(variant: NewVariant, variant_id: VariantId) -> Variant:
    """The variant, titled by its option values."""
    return Variant(id=variant_id, title=" / ".join(variant.option_values), **msgspec.structs.asdict(variant))


def price_range(product: Product, currency: str) -> PriceRange | None:
    """The span of its prices in that currency, or None where nothing is sold in it."""
    prices = [variant.prices[currency].price for variant in product.variants if currency in variant.prices]
    if not prices:
        return None
    return PriceRange(min=min(prices, key=_amount), max=max(prices, key=_amount))


def _amount(money: Money) -> int:
    return money.amount


def price_bands(spans: Sequence[tuple[int, int]]) -> tuple[FacetValue, ...]:
    """At most five bands `from-to` of round width, both ends included, that cover these (lowest, highest) prices.

    A span counts in each band it meets, so a band's count is what filtering by it would show. Empty bands are left out.
    """
    if not spans:
        return ()
    lowest, highest = min(low for low, _ in spans), max(high for _, high in spans)
    width = next(width for width in _BAND_WIDTHS if highest // width - lowest // width < _MAX_BANDS)
    bands = [(start, start + width - 1) for start in range(lowest - lowest % width, highest + 1, width)]
    counts = [sum(low <= last and high >= first for low, high in spans) for first, last in bands]
    return tuple(FacetValue(value=f"{a}-{b}", count=n) for (a, b), n in zip(bands, counts, strict=True) if n)


def slugify(text: str) -> str:
    """A URL part from any title: lower-case ASCII letters and digits, joined by single hyphens; may be empty."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def check(product: Product) -> Product:
    """The product itself, or `InvalidInput` naming everything that is wrong with it."""
    problems = [
        *_check_texts(product),
        *_check_options(product),
        *_check_variants(product.variants, len(product.options)),
    ]
    if problems:
        raise InvalidInput(*problems)
    return product


def check_category(category: Category) -> Category:
    """The category itself, or `InvalidInput`."""
    problems = _check_title_and_slug(category.title, category.slug)
    if problems:
        raise InvalidInput(*problems)
    return category


def _check_texts(product: Product) -> Sequence[FieldError]:
    problems = _check_title_and_slug(product.title, product.slug)
    if len(product.description) > LONGEST_DESCRIPTION:
        message = "must be at most 100,000 characters"
        return [*problems, FieldError(field="description", code="too_long", message=message)]
    return problems


def _check_title_and_slug(title: str, slug: str) -> Sequence[FieldError]:
    rules = (
        (bool(title.strip()), "title", "required", "must not be empty"),
        (len(title) <= LONGEST_TITLE, "title", "too_long", f"must be at most {LONGEST_TITLE} characters"),
        (bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)), "slug", "invalid", "must be like my-product-2"),
    )
    return [FieldError(field=field, code=code, message=message) for holds, field, code, message in rules if not holds]


def _check_options(product: Product) -> Sequence[FieldError]:
    if len(product.options) > MAX_OPTIONS:
        return [FieldError(field="options", code="too_many", message=f"must be at most {MAX_OPTIONS}")]
    return [
        FieldError(field=f"options/{index}/values", code="duplicate", message="must differ from each other")
        for index, option in enumerate(product.options)
        if len(set(option.values)) != len(option.values)
    ]


def _check_variants(variants: Sequence[Variant], option_count: int) -> Sequence[FieldError]:
    if len(variants) > MAX_VARIANTS:
        return [FieldError(field="variants", code="too_many", message=f"must be at most {MAX_VARIANTS}")]
    problems: list[FieldError] = []
    combinations: set[tuple[str, ...]] = set()
    for index, variant in enumerate(variants):
        at = f"variants/{index}"
        if len(variant.option_values) != option_count:
            message = f"must have {option_count} values, one for each option"
            problems.append(FieldError(field=f"{at}/option_values", code="invalid", message=message))
        elif variant.option_values in combinations:
            message = "another variant has the same option values"
            problems.append(FieldError(field=f"{at}/option_values", code="duplicate", message=message))
        if not variant.sku.strip():
            problems.append(FieldError(field=f"{at}/sku", code="required", message="must not be empty"))
        combinations.add(variant.option_values)
        problems.extend(_check_prices(variant, at))
    return problems


def _check_prices(variant: Variant, at: str) -> Sequence[FieldError]:
    problems: list[FieldError] = []
    for currency, price in variant.prices.items():
        exponent(currency)
        amounts = [money for money in (price.price, price.compare_at) if money is not None]
        if any(money.currency != currency or not 0 <= money.amount <= MAX_PRICE for money in amounts):
            message = f"must be amounts of {currency}, from 0 to {MAX_PRICE}"
            problems.append(FieldError(field=f"{at}/prices/{currency}", code="invalid", message=message))
    return problems
