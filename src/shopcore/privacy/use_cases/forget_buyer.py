"""Take a customer who was erased out of their orders and payments, and out of what they wait for."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.ports import StockWatches
from shopcore.ordering.ports import OrderFilter, OrderList, Orders
from shopcore.payments.ports import Payments
from shopcore.privacy.model import forget_buyer, forget_payer


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetBuyer:
    """Order by order, figures and dates untouched. Doing it again changes nothing."""

    order_list: OrderList
    orders: Orders
    payments: Payments
    watches: StockWatches
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, customer_id: CustomerId) -> None:
        """The shop itself, or staff with `accounts:write`."""
        permit(actor, "accounts:write")
        await self.watches.remove_all(customer_id)
        after: Position | None = None
        while True:
            page = await self.order_list.page(OrderFilter(customer_id=customer_id), after, MAX_LIMIT)
            for order in page.items:
                await self._forget(order.id)
            if page.next_position is None:
                return
            after = page.next_position

    async def _forget(self, order_id: OrderId) -> None:
        async def work() -> None:
            await self.orders.update(order_id, forget_buyer)
            payment = await self.payments.of_order(order_id)
            if payment is not None:
                await self.payments.update(payment.id, forget_payer)

        await self.unit_of_work(work)
