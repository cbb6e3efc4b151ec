"""Look whether the payments are here by now that were spoken of and were not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopcore.aftersales.model.webhooks import done_again, looked_at
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.ports import Aside, Inbox, Payments

_AT_ONCE = 500
_LONG_ENOUGH = timedelta(seconds=10)  # a job has 25; the rest goes with the next tick


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchWebhooks:
    """Hundreds of events that were set aside are looked at by one look-up: most are of another shop on the same
    account, and their payments are never here. What is here is done by a job for each.
    """

    inbox: Inbox
    payments: Payments
    jobs: Jobs
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `payments:write`. Answers how many are to be done."""
        permit(actor, "payments:write")
        now, found = self.clock.now(), 0
        while self.clock.now() - now < _LONG_ENOUGH and (due := await self.inbox.to_look_at(now, _AT_ONCE)):
            found += await self._look_at(due, now)
        return found

    async def _look_at(self, due: Sequence[Aside], now: datetime) -> int:
        known = {payment.id for payment in await self.payments.known({each.payment_id for each in due})}
        here = [each for each in due if each.payment_id in known]
        waiting = [later for each in due if each.payment_id not in known and (later := looked_at(each, now))]
        kept = {(each.gateway, each.event_id) for each in waiting}

        async def work() -> None:
            await self.inbox.set_aside(*waiting)
            await self.inbox.take_up(*(each for each in due if (each.gateway, each.event_id) not in kept))
            await self.jobs.enqueue(*(done_again(each, now) for each in here))

        await self.unit_of_work(work)
        return len(here)
