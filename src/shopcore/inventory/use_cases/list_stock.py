"""List what is in stock."""

from dataclasses import dataclass

from shopcore.inventory.model import StockItem
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListStock:
    """Every level, by SKU, a page at a time."""

    levels: Levels
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[StockItem]:
        """Needs `inventory:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "inventory:read")
        name = list_name("stock")
        found = await self.levels.page(decode_cursor(self.signer, name, cursor), limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
