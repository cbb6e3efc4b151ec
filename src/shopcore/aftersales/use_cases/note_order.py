"""Note how far an order has come."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import OrderId
from shopcore.ordering.ports import Orders
from shopcore.reporting.model import Journey
from shopcore.reporting.ports import Journeys


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteOrder:
    """The later steps of a journey: a cart became an order, and that was paid, or ended. Safe to run again.

    Where nobody noted that the cart was opened, as in a shop of before, it was when the order was placed.
    """

    orders: Orders
    journeys: Journeys

    async def __call__(self, actor: Actor, *, order_id: OrderId, paid_at: datetime | None = None) -> None:
        """The shop itself. Raises `OrderNotFound`."""
        permit(actor, "events:write")
        order = await self.orders.get(order_id)
        await self.journeys.note(
            Journey(
                cart_id=order.cart_id,
                opened_at=order.placed_at,
                order_id=order.id,
                placed_at=order.placed_at,
                paid_at=paid_at,
                total=order.totals.total,
            )
        )
