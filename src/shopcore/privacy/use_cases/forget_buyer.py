"""Take a customer who was erased out of their orders and payments, and out of what they wait for."""

from dataclasses import dataclass
from datetime import timedelta

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.ports import StockWatches
from shopcore.ordering.ports import OrderFilter, OrderList, Orders
from shopcore.payments.ports import Payments
from shopcore.privacy.model import UNDER_WAY, forget_buyer, forget_payer

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetBuyer:
    """Order by order, figures and dates untouched. Doing it again changes nothing.

    An order that is under way stays as it is, for it could not be sent: then this comes again, a day later.
    """

    order_list: OrderList
    orders: Orders
    payments: Payments
    watches: StockWatches
    jobs: Jobs
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, customer_id: CustomerId) -> None:
        """The shop itself, or staff with `accounts:write`."""
        permit(actor, "accounts:write")
        await self.watches.remove_all(customer_id)
        after: Position | None = None
        is_over, is_more = True, True
        while is_more:
            page = await self.order_list.page(OrderFilter(customer_id=customer_id), after, MAX_LIMIT)
            for order in page.items:
                is_over = await self._forget(order.id) and is_over
            after = page.next_position
            is_more = after is not None
        if not is_over:
            await self._come_again(customer_id)

    async def _come_again(self, customer_id: CustomerId) -> None:
        at = self.clock.now() + _A_DAY
        key = f"forget_buyer/{customer_id}/{at:%F}"
        again = NewJob(kind="forget_buyer", payload={"customer_id": customer_id}, unique_key=key, run_at=at)
        await self.unit_of_work(lambda: self.jobs.enqueue(again))

    async def _forget(self, order_id: OrderId) -> bool:
        """Whether it had come to its end."""

        async def work() -> bool:
            if (await self.orders.update(order_id, forget_buyer)).status in UNDER_WAY:
                return False
            payment = await self.payments.of_order(order_id)
            if payment is not None:
                await self.payments.update(payment.id, forget_payer)
            return True

        return await self.unit_of_work(work)
