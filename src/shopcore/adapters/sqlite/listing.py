"""Active products as buyers look for them: pages by keyset, each order read from an index of its own."""

import sqlite3
from dataclasses import dataclass

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.product_filters import conditions, parameters
from shopcore.adapters.sqlite.search import search
from shopcore.catalog.model import Product, ProductFilter, ProductSort, SearchHits
from shopcore.kernel.paging import Position, Slice


@dataclass(frozen=True, kw_only=True, slots=True)
class _Order:
    """Where an order reads from, and its key; every part of a key runs in the same direction."""

    source: str
    key: tuple[str, ...]
    descending: bool


_PRODUCTS = "products"
_PRICES = """product_prices JOIN products
    ON product_prices.currency = :currency AND product_prices.active = 1 AND products.number = product_prices.product"""

_ORDERS = {
    ProductSort.NEWEST: _Order(source=_PRODUCTS, key=("products.created_at", "products.id"), descending=True),
    ProductSort.PRICE_ASC: _Order(source=_PRICES, key=("product_prices.lowest", "product_prices.id"), descending=False),
    ProductSort.PRICE_DESC: _Order(
        source=_PRICES, key=("product_prices.highest", "product_prices.id"), descending=True
    ),
    ProductSort.RATING: _Order(
        source=_PRODUCTS, key=("products.rating_average", "products.rating_count", "products.id"), descending=True
    ),
    ProductSort.NAME: _Order(source=_PRODUCTS, key=("products.title_key", "products.id"), descending=False),
}

_decode = msgspec.json.Decoder(Product).decode


class SqliteProductListing:
    """Active products by keyset, and by relevance."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
    ) -> Slice[Product]:
        """See the port."""
        return await self._database.scan(lambda connection: _page(connection, wanted, sort, after, limit))

    async def search(self, text: str, wanted: ProductFilter, after: Position | None, limit: int) -> SearchHits:
        """See the port."""
        return await self._database.scan(lambda connection: search(connection, text, wanted, after, limit))


def page_query(wanted: ProductFilter, sort: ProductSort, after: Position | None) -> tuple[str, dict[str, object]]:
    """The statement of a page and its values, but for `limit`."""
    order = _ORDERS[sort]
    terms, values = conditions(wanted), dict[str, object](parameters(wanted))
    if after is not None:
        names = [f"after_{index}" for index in range(len(order.key))]
        values |= dict(zip(names, after, strict=True))
        sign = "<" if order.descending else ">"
        terms.append(f"({', '.join(order.key)}) {sign} ({', '.join(f':{name}' for name in names)})")
    direction = "DESC" if order.descending else "ASC"
    return (
        f"SELECT products.body, {', '.join(order.key)} FROM {order.source} WHERE {' AND '.join(terms)}"
        f" ORDER BY {', '.join(f'{part} {direction}' for part in order.key)} LIMIT :limit"
    ), values


def _page(
    connection: sqlite3.Connection, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
) -> Slice[Product]:
    query, values = page_query(wanted, sort, after)
    rows = connection.execute(query, {**values, "limit": limit + 1}).fetchall()
    shown = rows[:limit]
    return Slice(
        items=[_decode(row[0]) for row in shown], next_position=tuple(shown[-1][1:]) if len(rows) > limit else None
    )
