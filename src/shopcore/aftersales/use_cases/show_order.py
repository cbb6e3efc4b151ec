"""Show an order with its timeline."""

from dataclasses import dataclass

from shopcore.aftersales.steps import OrderOfActor
from shopcore.kernel.actor import Actor
from shopcore.kernel.ids import OrderId
from shopcore.ordering.model import Order


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowOrder:
    """One order, to whoever placed it and to staff."""

    order_of: OrderOfActor

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> Order:
        """Whoever holds the order's token may, and staff with `orders:read`. Raises `OrderNotFound`."""
        return await self.order_of(actor, order_id)
