"""Show one level."""

from dataclasses import dataclass

from shopcore.inventory.errors import StockItemNotFound
from shopcore.inventory.model import StockItem
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import Sku


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowStock:
    """What is on hand of one SKU, and how much of that is promised."""

    levels: Levels

    async def __call__(self, actor: Actor, *, sku: Sku) -> StockItem:
        """Needs `inventory:read`. Raises `StockItemNotFound`."""
        permit(actor, "inventory:read")
        item = (await self.levels.find([sku])).get(sku)
        if item is None:
            raise StockItemNotFound(sku)
        return item
