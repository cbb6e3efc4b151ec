"""The rows that a product is found by: variants, prices, tags, categories and the full text."""

import sqlite3
from collections.abc import Iterable

from shopcore.adapters.sqlite.constraints import Refusals, refusing
from shopcore.catalog.model import Product, ProductStatus, price_range, searched_texts

_DROP_VARIANTS = "DELETE FROM variants WHERE product = ?"
_ADD_VARIANT = "INSERT INTO variants (id, sku, product) VALUES (?, ?, ?)"
_DROP_PRICES = "DELETE FROM product_prices WHERE product = ?"
_ADD_PRICE = """
INSERT INTO product_prices (product, currency, id, active, lowest, highest) VALUES (?, ?, ?, ?, ?, ?)
"""
_DROP_TAGS = "DELETE FROM product_tags WHERE product = ?"
_ADD_TAG = "INSERT INTO product_tags (product, tag) VALUES (?, ?)"
_DROP_CATEGORIES = "DELETE FROM product_categories WHERE product = ?"
_ADD_CATEGORY = "INSERT INTO product_categories (product, category_id) VALUES (?, ?)"
_DROP_TEXT = "DELETE FROM product_search WHERE rowid = ?"
_ADD_TEXT = """
INSERT INTO product_search (rowid, title, brand, tags, sku, description) VALUES (?, ?, ?, ?, ?, ?)
"""


def replace_rows(
    connection: sqlite3.Connection, number: int, old: Product | None, new: Product, refusals: Refusals
) -> None:
    """Bring the rows of product `number` from `old` (None: it is new) to `new`, writing only what differs.

    Raises what `refusals` makes of a broken constraint; the caller undoes the rest.
    """
    if old is None or old.variants != new.variants:
        _replace_variants(connection, number, new, refusals)
    if old is None or (old.variants, old.status) != (new.variants, new.status):
        _replace(connection, number, _DROP_PRICES, _ADD_PRICE, _prices(number, new))
    if old is None or old.tags != new.tags:
        _replace(connection, number, _DROP_TAGS, _ADD_TAG, ((number, tag) for tag in dict.fromkeys(new.tags)))
    if old is None or old.category_ids != new.category_ids:
        rows = ((number, category_id) for category_id in dict.fromkeys(new.category_ids))
        with refusing(refusals, new.slug):
            _replace(connection, number, _DROP_CATEGORIES, _ADD_CATEGORY, rows)
    if old is None or _text(old) != _text(new):
        _replace(connection, number, _DROP_TEXT, _ADD_TEXT, [(number, *text) for text in _text(new)])


def _replace(
    connection: sqlite3.Connection, number: int, drop: str, add: str, rows: Iterable[tuple[object, ...]]
) -> None:
    connection.execute(drop, (number,))
    connection.executemany(add, rows)


def _replace_variants(connection: sqlite3.Connection, number: int, product: Product, refusals: Refusals) -> None:
    connection.execute(_DROP_VARIANTS, (number,))
    for variant in product.variants:
        with refusing(refusals, variant.sku):
            connection.execute(_ADD_VARIANT, (variant.id, variant.sku, number))


def _prices(number: int, product: Product) -> Iterable[tuple[object, ...]]:
    active = product.status is ProductStatus.ACTIVE
    for currency in sorted({currency for variant in product.variants for currency in variant.prices}):
        span = price_range(product, currency)
        if span is not None:
            yield number, currency, product.id, active, span.min.amount, span.max.amount


def _text(product: Product) -> list[tuple[str, ...]]:
    """The one row of the full-text index, in its columns' order; none for a product that is not on sale."""
    if product.status is not ProductStatus.ACTIVE:
        return []
    return [tuple(searched_texts(product).values())]
