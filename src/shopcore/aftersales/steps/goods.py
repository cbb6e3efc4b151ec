"""Goods that come back."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.inventory.ports import Levels, Reservations
from shopcore.kernel.ids import OrderId
from shopcore.ordering.model import Refund


@dataclass(frozen=True, kw_only=True, slots=True)
class Restock:
    """Puts what a refund is for on the shelf again."""

    reservations: Reservations
    levels: Levels

    async def __call__(self, order_id: OrderId, refund: Refund, at: datetime) -> None:
        """All goods, or those of its lines that are counted; each once, by its movement's id."""
        if not refund.lines:
            await self.reservations.release(order_id, at)
            return
        levels = await self.levels.find([line.sku for line in refund.lines])
        for line in refund.lines:
            if line.sku in levels and levels[line.sku].tracked:
                await self.levels.adjust(
                    line.sku,
                    line.quantity,
                    reason=f"refund of {order_id}",
                    movement_id=f"refund/{refund.id}/{line.sku}",
                    at=at,
                )
