"""Find an order by its number."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.ordering.model import Order
from shopcore.ordering.ports import Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class FindOrder:
    """What a customer reads out on the telephone."""

    orders: Orders

    async def __call__(self, actor: Actor, *, number: str) -> Order:
        """Staff with `orders:read`. Raises `OrderNotFound`."""
        permit(actor, "orders:read")
        return await self.orders.get_by_number(number)
