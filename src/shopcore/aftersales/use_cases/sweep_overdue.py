"""Find what a crash or a silent gateway has left behind, and give each to a job of its own."""

from dataclasses import dataclass
from datetime import timedelta

from shopcore.aftersales.model import expiring_job, resolving_job
from shopcore.inventory.ports import Reservations
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.ports import OrderList, Orders
from shopcore.payments.ports import Payments

_AT_ONCE = 200  # of each sort: keeps the transaction short; the rest goes with the next tick
_SILENCE = timedelta(seconds=15)  # longer than a request waits for a gateway, so that running ones are left alone


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepOverdue:
    """Payments not heard of, orders not paid in time, reservations that no order came for."""

    payments: Payments
    orders: Orders
    order_list: OrderList
    reservations: Reservations
    jobs: Jobs
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `orders:write`. Answers how many it found."""
        permit(actor, "orders:write")
        now = self.clock.now()
        lapsed = await self.reservations.lapsed(now, _AT_ONCE)
        for order_id in lapsed:  # each by itself: one that was claimed at the last moment stays its order's
            await self.reservations.let_go(order_id, now)

        async def work() -> int:
            silent = await self.payments.open_since(now - _SILENCE, _AT_ONCE)
            unpaid = await self.order_list.unpaid_since(now, _AT_ONCE)
            resolving = [resolving_job(await self.payments.get(payment_id), now) for payment_id in silent]
            expiring = [expiring_job(await self.orders.get(order_id), now) for order_id in unpaid]
            await self.jobs.enqueue(*resolving, *expiring)
            return len(silent) + len(unpaid) + len(lapsed)

        return await self.unit_of_work(work)
