"""Sum up what nothing is posted of any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import Summed, less_at_once, next_span, replace_sums, summed_up
from shopcore.payments.ports import Ledger, Reconciliations

_AT_ONCE = timedelta(seconds=10)  # a job has 25 seconds; the rest goes with the next tick


@dataclass(frozen=True, kw_only=True, slots=True)
class SumUpLedger:
    """Span by span, outside of any transaction, for no writer shall wait for it: whoever posts of that time meanwhile
    changes the sums, and then it is not kept. Where a store has not the time for one, less is tried the next time.
    """

    ledger: Ledger
    reconciliations: Reconciliations
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> Summed:
        """The shop itself, or staff with `payments:write`: the sums, and until when they are. Raises `Unavailable`."""
        permit(actor, "payments:write")
        began = self.clock.now()
        while True:
            summed, is_done = await self._step(began)
            if is_done or self.clock.now() - began > _AT_ONCE:
                return summed

    async def _step(self, now: datetime) -> tuple[Summed, bool]:
        """Up to what is old enough at one moment: each step would find what has become so since the one before it."""
        known = (await self.reconciliations.standing()).summed
        span = next_span(known, now)
        if span is None:
            return known, True
        try:
            found = await self.ledger.totals(*span, fresh=True)
        except Unavailable:
            return await self.unit_of_work(partial(self._keep, known, less_at_once(known))), True
        return await self.unit_of_work(partial(self._keep, known, summed_up(known, found, span[1]))), False

    async def _keep(self, known: Summed, summed: Summed) -> Summed:
        standing = await self.reconciliations.standing()
        if standing.summed != known:
            return standing.summed
        await self.reconciliations.put_standing(replace_sums(standing, summed))
        return summed
