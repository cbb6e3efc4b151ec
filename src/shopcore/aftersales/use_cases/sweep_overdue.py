"""Find what a crash or a silent gateway has left behind, and give each to a job of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shopcore.aftersales.model.overdue import expiring_job, resolving_job
from shopcore.inventory.ports import Reservations
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import OrderId
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.ports import OrderList
from shopcore.payments.ports import Payments

_AT_ONCE = 200  # of each sort: keeps the transaction short; the rest goes with the next tick
_SILENCE = timedelta(seconds=15)  # longer than a request waits for a gateway, so that running ones are left alone


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepOverdue:
    """Payments not heard of, orders not paid in time, reservations that no order came for.

    Nothing is read of them but how long they have waited: one that cannot be read fails in its own job, and keeps
    nobody from finding the others.
    """

    payments: Payments
    order_list: OrderList
    reservations: Reservations
    jobs: Jobs
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `orders:write`. Answers how many it found.

        Raises an `ExceptionGroup` of what went wrong with single reservations, once it is through with all.
        """
        permit(actor, "orders:write")
        now = self.clock.now()
        found = await self.unit_of_work(partial(self._give_to_jobs, now))
        lapsed = await self.reservations.lapsed(now, _AT_ONCE)
        stuck = [error for order_id in lapsed if (error := await self._let_go(order_id, now)) is not None]
        if stuck:
            raise ExceptionGroup("reservations that cannot be let go", stuck)
        return found + len(lapsed)

    async def _give_to_jobs(self, now: datetime) -> int:
        silent = await self.payments.open_since(now - _SILENCE, _AT_ONCE)
        unpaid = await self.order_list.unpaid_since(now, _AT_ONCE)
        resolving = [resolving_job(payment_id, heard_of, now) for payment_id, heard_of in silent]
        expiring = [expiring_job(order_id, expired_at, now) for order_id, expired_at in unpaid]
        await self.jobs.enqueue(*resolving, *expiring)
        return len(silent) + len(unpaid)

    async def _let_go(self, order_id: OrderId, now: datetime) -> Exception | None:
        """By itself: one that was claimed at the last moment stays its order's, and one that fails is the only one."""
        try:
            await self.reservations.let_go(order_id, now)
        except Unavailable:  # so are all the others
            raise
        except Exception as error:  # noqa: BLE001 - told by whoever sweeps
            return error
        return None
