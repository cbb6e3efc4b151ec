"""What buyers ask a listing or a search for, and what a search answers."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from shopcore.catalog.model.products import Product
from shopcore.kernel.money import Money
from shopcore.kernel.paging import Page, Position

_MAX_BANDS = 5
_BAND_WIDTHS = tuple(digit * 10**zeros for zeros in range(2, 19) for digit in (1, 2, 5))


class CatalogPage(Page[Product], frozen=True, kw_only=True):
    """Products of any status; and of those there that cannot be read, which they are and what to do."""

    unreadable: tuple[str, ...] = ()


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
    """Products by relevance. `total` counts up to 1,000 of them; where `total_is_exact` is False there may be more."""

    items: tuple[Product, ...]
    total: int
    total_is_exact: bool
    facets: Facets
    next_position: Position | None = None


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
