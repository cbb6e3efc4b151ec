"""What a buyer's look at the shop needs from a store, beyond what each feature asks for by itself."""

from collections.abc import Mapping
from typing import Protocol

from shopcore.catalog.model import Product
from shopcore.inventory.model import StockItem
from shopcore.kernel.ids import ProductId, Sku


class Showcase(Protocol):
    """A product together with the levels of its SKUs, in one look: the page that is opened most waits once for its
    store instead of twice. For readers; it takes part in no unit of work.
    """

    async def get(self, product_id: ProductId) -> tuple[Product, Mapping[Sku, StockItem]]:
        """The product, whatever its status, and the levels that there are. Both as `Products` and `Levels` would tell
        them now: no older than the last write that was confirmed. Raises `ProductNotFound`.
        """
        ...

    async def get_by_slug(self, slug: str) -> tuple[Product, Mapping[Sku, StockItem]]:
        """Likewise."""
        ...
