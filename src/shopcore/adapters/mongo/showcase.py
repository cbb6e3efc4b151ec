"""Products with the levels of their SKUs, from one statement of MongoDB."""

from collections.abc import Mapping
from typing import Any

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.levels import FIGURES, stock_item
from shopcore.adapters.mongo.product_documents import read_product
from shopcore.adapters.mongo.schema.catalog import PRODUCTS
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.inventory import LEVELS
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.errors import ProductNotFound
from shopcore.catalog.model import Product
from shopcore.inventory.model import StockItem
from shopcore.kernel.ids import ProductId, Sku

_LEVELS = "stock_levels"
_WITH_LEVELS: Document = {
    "$lookup": {
        "from": LEVELS.name,
        "localField": "variants.sku",
        "foreignField": "_id",
        "pipeline": [{"$project": FIGURES}],
        "as": _LEVELS,
    }
}


class MongoShowcase:
    """See `shopcore.shopping.ports.Showcase`. Levels are looked up by their shard key, wherever they lie."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._products = database.collection(PRODUCTS)

    async def get(self, product_id: ProductId) -> tuple[Product, Mapping[Sku, StockItem]]:
        """See the port."""
        return await self._look({"_id": product_id})

    async def get_by_slug(self, slug: str) -> tuple[Product, Mapping[Sku, StockItem]]:
        """See the port."""
        return await self._look({"slug": slug})

    async def _look(self, asked: Document) -> tuple[Product, Mapping[Sku, StockItem]]:
        steps: list[dict[str, Any]] = [{"$match": asked}, _WITH_LEVELS]

        async def find(session: Session) -> list[Document]:
            return await (await self._products.aggregate(steps, session=session)).to_list()

        found = await self._database.read(find)
        if not found:
            raise ProductNotFound
        levels = found[0].pop(_LEVELS)
        return read_product(found[0]), {item.sku: item for item in map(stock_item, levels)}
