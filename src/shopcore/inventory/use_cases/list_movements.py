"""List the changes of one level."""

from dataclasses import dataclass

from shopcore.inventory.errors import StockItemNotFound
from shopcore.inventory.model import Movement
from shopcore.inventory.ports import Levels
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import Sku
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListMovements:
    """Why a level is what it is: its movements, newest first; all of them sum to it."""

    levels: Levels
    signer: Signer

    async def __call__(
        self, actor: Actor, *, sku: Sku, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[Movement]:
        """Needs `inventory:read`. Raises `StockItemNotFound`, or `InvalidCursor` for a cursor of another list."""
        permit(actor, "inventory:read")
        if not await self.levels.find([sku]):
            raise StockItemNotFound(sku)
        name = list_name("movements", sku)
        found = await self.levels.movements(sku, decode_cursor(self.signer, name, cursor), limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
