"""Where a product is found: the small documents that listings and searches read, made from the product."""

import itertools
from collections.abc import Iterator, Sequence
from uuid import UUID

from bson.binary import Binary, UuidRepresentation
from bson.int64 import Int64

from shopcore.adapters.mongo.price_spans import band_of, spread_of
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.catalog.model import (
    WEIGHTS,
    Product,
    ProductFilter,
    ProductStatus,
    measured_title,
    price_range,
    searched_texts,
    sort_key,
    words_in,
)
from shopcore.kernel.ids import ProductId, is_id
from shopcore.kernel.instants import to_micros

ANY_CURRENCY = ""
"""The currency of the one entry that every active product has."""

EVERYTHING = ""
"""The filter that every active product meets."""

FILED = Int64(3)
"""The layout of the entries of listings that this module makes: 1 had each filter by itself alone, and no spread; 2 had
no bands of prices.
"""

UNFILED = "unfiled"
"""Marks a product that could not be read when it was to be filed again, until somebody writes it or migrates anew."""

MAX_COMBINATIONS = 400
"""Of the filters of one product, each of which is an entry in every index of listings."""

MAX_BEGINNINGS = 50_000
"""Of one product: the server refuses documents of more than 100,000 keys, and nobody reads a text of as many."""

_COLUMNS = tuple(WEIGHTS)
_SEPARATOR = " "  # no word has one, so that the beginnings of one word are not mistaken for those of another
_FIRST_MARK = 0x40


def rows_of_listing(product: Product, above: Sequence[str]) -> list[Document]:
    """The entries of a product in listings; none unless it is active. `above` are the slugs of its categories and all
    categories above them.
    """
    if product.status is not ProductStatus.ACTIVE:
        return []
    shared: Document = {
        "product": product.id,
        "tie": short_id(product.id),
        "filters": _combinations(product, above),
        "created": Int64(to_micros(product.created_at)),
        "name": sort_key(product.title),
    }
    priced = [
        {
            **shared,
            "currency": currency,
            "spread": Int64(spread_of(low, high)),
            "band": Int64(band_of(low, high)),
            "low": low,
            "high": high,
        }
        for currency, low, high in _spans(product)
    ]
    entries = [{**shared, "currency": ANY_CURRENCY}, *priced]
    return [{"_id": f"{product.id}/{entry['currency']}", **entry} for entry in entries]


def row_of_search(product: Product, above: Sequence[str]) -> Document | None:
    """The entry of a product in searches; None unless it is active."""
    if product.status is not ProductStatus.ACTIVE:
        return None
    return {
        "_id": short_id(product.id),
        "words": _marked_beginnings(product),
        "filters": filters_of(product, above),
        "length": Int64(measured_title(product)),
        "prices": [{"currency": currency, "low": low, "high": high} for currency, low, high in _spans(product)],
        "skus": [variant.sku for variant in product.variants],
    }


def filters_of(product: Product, above: Sequence[str]) -> list[str]:
    """Everything that a product can be filtered by, as texts that say by which filter."""
    brand = [_brand(product.brand)] if product.brand is not None else []
    return [EVERYTHING, *brand, *map(_tag, dict.fromkeys(product.tags)), *map(_category, above)]


def combined(filters: Sequence[str]) -> str:
    """Several of those texts as one, which says that a product meets them all."""
    return "+" + "\0".join(text.replace("\0", "\0\0") for text in filters)


def wide(text: str) -> str:
    """A filter of products that have too many to be kept by all their combinations."""
    return f"*{text}"


def filters_asked(wanted: ProductFilter) -> list[str]:
    """What a filter asks for, as those texts, in the order that combinations have."""
    asked = ((wanted.category, _category), (wanted.brand, _brand), (wanted.tag, _tag))
    return [named(value) for value, named in asked if value is not None]


def facet_of(text: str) -> tuple[str, str]:
    """Which filter a text is of, and its value."""
    kind, _, value = text.partition("/")
    return kind, value


def short_id(product_id: str) -> Binary | str:
    """An id as the large indexes have it: 16 bytes instead of 36, in every entry; sorted as ids are."""
    return Binary.from_uuid(UUID(product_id), UuidRepresentation.STANDARD) if is_id(product_id) else product_id


def product_id_of(found: object) -> ProductId:
    """And back."""
    return ProductId(str(UUID(bytes=bytes(found))) if isinstance(found, bytes) else str(found))


def marks_of(beginning: str, columns: Sequence[frozenset[str]]) -> list[str]:
    """The texts under which a beginning is kept that stands in exactly one of these sets of columns."""
    return [f"{beginning}{_SEPARATOR}{_mark(each)}" for each in columns]


def columns_of(marked: str) -> frozenset[str]:
    """The columns that such a text says."""
    bits = ord(marked[-1]) - _FIRST_MARK
    return frozenset(column for place, column in enumerate(_COLUMNS) if bits >> place & 1)


def beginning_of(marked: str) -> str:
    """The beginning that such a text is of."""
    return marked[: -len(_SEPARATOR) - 1]


def _mark(columns: frozenset[str]) -> str:
    return chr(_FIRST_MARK + sum(1 << place for place, column in enumerate(_COLUMNS) if column in columns))


def _marked_beginnings(product: Product) -> list[str]:
    found: dict[str, int] = {}
    for place, text in enumerate(searched_texts(product).values()):
        for beginning in _beginnings(text):
            if beginning in found or len(found) < MAX_BEGINNINGS:
                found[beginning] = found.get(beginning, 0) | 1 << place
    return [f"{beginning}{_SEPARATOR}{chr(_FIRST_MARK + bits)}" for beginning, bits in found.items()]


def _beginnings(text: str) -> Iterator[str]:
    for word in words_in(text):
        for length in range(1, len(word) + 1):
            yield word[:length]


def _spans(product: Product) -> Iterator[tuple[str, Int64, Int64]]:
    for currency in sorted({currency for variant in product.variants for currency in variant.prices}):
        span = price_range(product, currency)
        if span is not None:
            yield currency, Int64(span.min.amount), Int64(span.max.amount)


def _combinations(product: Product, above: Sequence[str]) -> list[str]:
    """What a product meets, and all that it meets at once: at most one of each kind is ever asked for."""
    categories, tags = [*map(_category, above)], [*map(_tag, dict.fromkeys(product.tags))]
    brands = [] if product.brand is None else [_brand(product.brand)]
    alone = filters_of(product, above)
    if (1 + len(categories)) * (1 + len(brands)) * (1 + len(tags)) > MAX_COMBINATIONS:
        return [*alone, *map(wide, alone)]
    choices = itertools.product(*([None, *kind] for kind in (categories, brands, tags)))
    some = ([text for text in chosen if text is not None] for chosen in choices)
    return [*alone, *(combined(each) for each in some if len(each) > 1)]


def _brand(value: str) -> str:
    return f"brand/{value}"


def _tag(value: str) -> str:
    return f"tag/{value}"


def _category(value: str) -> str:
    return f"category/{value}"
