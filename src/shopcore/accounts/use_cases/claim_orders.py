"""Give a customer what they ordered as a guest."""

from dataclasses import dataclass

from shopcore.identity.errors import AccountNotFound
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import claim
from shopcore.ordering.ports import OrderFilter, OrderList, Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimOrders:
    """Every guest order with the customer's verified e-mail address. Doing it again changes nothing."""

    accounts: Accounts
    order_list: OrderList
    orders: Orders
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, customer_id: CustomerId) -> None:
        """The shop itself, or staff with `accounts:write`. Whoever was erased meanwhile gets nothing."""
        permit(actor, "accounts:write")
        try:
            account = await self.accounts.get(customer_id)
        except AccountNotFound:
            return
        if account.verified_at is None:
            return
        wanted, is_more = OrderFilter(email=account.email, is_unclaimed=True), True
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
