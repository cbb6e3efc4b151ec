"""What several acts do to orders."""

from dataclasses import dataclass

from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import claim
from shopcore.ordering.ports import OrderFilter, OrderList, Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimOrdersOfAddress:
    """Gives a customer what was ordered without one, with an address that they have shown to be theirs.

    Order by order, each in its own unit; inside a unit of work, in that one. Doing it again changes nothing.
    """

    order_list: OrderList
    orders: Orders
    unit_of_work: UnitOfWork

    async def __call__(self, email: str, customer_id: CustomerId) -> None:
        """`email` is in its normal form."""
        wanted, is_more = OrderFilter(email=email, is_unclaimed=True), True
        after: Position | None = None
        while is_more:
            page = await self.order_list.page(wanted, after, MAX_LIMIT)
            for order in page.items:
                await self._claim(order.id, customer_id)
            after = page.next_position
            is_more = after is not None

    async def _claim(self, order_id: OrderId, customer_id: CustomerId) -> None:
        async def work() -> None:
            await self.orders.update(order_id, lambda held: claim(held, customer_id))

        await self.unit_of_work(work)
