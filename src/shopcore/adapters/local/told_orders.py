"""Orders whose every step is told to other systems: the job is written in the transaction that takes the step."""

from collections.abc import Awaitable, Callable

from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import Order
from shopcore.ordering.ports import Orders

_PRIORITY = 5  # after mails, before upkeep
_MOST_ATTEMPTS = 72  # about two and a half days: only a fault of the shop's own makes it fail, and nobody else tells


class ToldOrders:
    """The store's orders. Here rather than at each act on an order, so that no act can forget it.

    A shop without endpoints pays nothing but one look a second.
    """

    def __init__(
        self, orders: Orders, is_heard: Callable[[], Awaitable[bool]], jobs: Jobs, unit_of_work: UnitOfWork
    ) -> None:
        self._orders = orders
        self._is_heard = is_heard
        self._jobs = jobs
        self._unit_of_work = unit_of_work

    async def add(self, order: Order, token_hash: str) -> None:
        """See the port."""

        async def work() -> None:
            await self._orders.add(order, token_hash)
            await self._jobs.enqueue(announcing(order))

        if await self._is_heard():
            await self._unit_of_work(work)
        else:
            await self._orders.add(order, token_hash)

    async def update(self, order_id: OrderId, change: Callable[[Order], Order]) -> Order:
        """See the port."""
        if not await self._is_heard():
            return await self._orders.update(order_id, change)

        async def work() -> Order:
            steps: list[int] = []

            def changed(held: Order) -> Order:
                steps.append(len(held.timeline))
                return change(held)

            after = await self._orders.update(order_id, changed)
            if len(after.timeline) > steps[-1]:
                await self._jobs.enqueue(announcing(after))
            return after

        return await self._unit_of_work(work)

    async def get(self, order_id: OrderId) -> Order:
        """See the port."""
        return await self._orders.get(order_id)

    async def get_by_number(self, number: str) -> Order:
        """See the port."""
        return await self._orders.get_by_number(number)

    async def find_by_cart(self, cart_id: CartId) -> Order | None:
        """See the port."""
        return await self._orders.find_by_cart(cart_id)

    async def owned_by_token(self, order_id: OrderId, token_hash: str) -> bool:
        """See the port."""
        return await self._orders.owned_by_token(order_id, token_hash)


def announcing(order: Order) -> NewJob:
    """The job that tells of an order as far as it has come."""
    key = f"announce/{order.id}/{len(order.timeline)}"
    payload = {"order_id": str(order.id)}
    return NewJob(
        kind="announce_order", payload=payload, unique_key=key, priority=_PRIORITY, max_attempts=_MOST_ATTEMPTS
    )
