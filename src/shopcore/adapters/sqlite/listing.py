"""Active products as buyers look for them: pages by keyset, each order read from an index of its own."""

import sqlite3
from dataclasses import dataclass

from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.product_bodies import readable
from shopcore.adapters.sqlite.product_filters import PRICES, PRODUCTS, Source, conditions, parameters
from shopcore.adapters.sqlite.search import search
from shopcore.catalog.model import Product, ProductFilter, ProductSort, SearchHits
from shopcore.kernel.paging import Position, Slice


@dataclass(frozen=True, kw_only=True, slots=True)
class _Order:
    """Where an order is read from, and its key; every part of a key runs in the same direction."""

    source: Source
    key: tuple[str, ...]
    direction: str
    beyond: str


def _rising(source: Source, *key: str) -> _Order:
    return _Order(source=source, key=key, direction="ASC", beyond=">")


def _falling(source: Source, *key: str) -> _Order:
    return _Order(source=source, key=key, direction="DESC", beyond="<")


_ORDERS = {
    ProductSort.NEWEST: _falling(PRODUCTS, "created_at", "id"),
    ProductSort.PRICE_ASC: _rising(PRICES, "lowest", "id"),
    ProductSort.PRICE_DESC: _falling(PRICES, "highest", "id"),
    ProductSort.RATING: _falling(PRODUCTS, "rating_average", "rating_count", "id"),
    ProductSort.NAME: _rising(PRODUCTS, "title_key", "id"),
}
# Which products is found out first and their bodies are read then, so that nothing sorts bodies.
_PAGE = """
SELECT products.id, products.body, {keys} FROM (
    SELECT {number} AS number, {columns} FROM {table} WHERE {conditions} ORDER BY {order} LIMIT :limit
) AS found CROSS JOIN products USING (number) ORDER BY {found_order}
"""


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


def page_query(wanted: ProductFilter, sort: ProductSort, *, first: bool) -> str:
    """The statement of a page; it names the filter's parameters, `limit`, and `after_0`... unless it is the first."""
    order = _ORDERS[sort]
    columns = [f"{order.source.table}.{part}" for part in order.key]
    keys = [f"key_{index}" for index in range(len(order.key))]
    places = ", ".join(f":after_{index}" for index in range(len(order.key)))
    beyond = "" if first else f" AND ({', '.join(columns)}) {order.beyond} ({places})"
    return _PAGE.format(
        keys=", ".join(keys),
        number=order.source.number,
        columns=", ".join(f"{column} AS {key}" for column, key in zip(columns, keys, strict=True)),
        table=order.source.table,
        conditions=conditions(wanted, order.source) + beyond,
        order=", ".join(f"{column} {order.direction}" for column in columns),
        found_order=", ".join(f"{key} {order.direction}" for key in keys),
    )


def _page(
    connection: sqlite3.Connection, wanted: ProductFilter, sort: ProductSort, after: Position | None, limit: int
) -> Slice[Product]:
    position = {f"after_{index}": part for index, part in enumerate(after or ())}
    values = {**parameters(wanted), **position, "limit": limit + 1}
    rows = connection.execute(page_query(wanted, sort, first=after is None), values).fetchall()
    shown = rows[:limit]
    return Slice(
        items=readable(row[:2] for row in shown), next_position=tuple(shown[-1][2:]) if len(rows) > limit else None
    )
