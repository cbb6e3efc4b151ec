"""Products with the levels of their SKUs, from one read of SQLite."""

import sqlite3
from collections.abc import Mapping

from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.levels import find_levels
from shopcore.adapters.sqlite.products import GET, GET_BY_SLUG, get_product
from shopcore.catalog.model import Product
from shopcore.inventory.model import StockItem
from shopcore.kernel.ids import ProductId, Sku


class SqliteShowcase:
    """See `shopcore.shopping.ports.Showcase`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, product_id: ProductId) -> tuple[Product, Mapping[Sku, StockItem]]:
        """See the port."""
        return await self._database.read(lambda connection: _look(connection, GET, product_id))

    async def get_by_slug(self, slug: str) -> tuple[Product, Mapping[Sku, StockItem]]:
        """See the port."""
        return await self._database.read(lambda connection: _look(connection, GET_BY_SLUG, slug))


def _look(connection: sqlite3.Connection, query: str, key: str) -> tuple[Product, Mapping[Sku, StockItem]]:
    product = get_product(connection, query, key)
    return product, find_levels(connection, [variant.sku for variant in product.variants])
