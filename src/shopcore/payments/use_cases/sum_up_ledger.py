"""Sum up what nothing is posted of any more."""

from dataclasses import dataclass
from datetime import timedelta

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import Summed, less_at_once, next_span, replace_sums, summed_up
from shopcore.payments.ports import Ledger, Reconciliations

_AT_ONCE = timedelta(seconds=10)  # a job has 25 seconds; the rest goes with the next tick


@dataclass(frozen=True, kw_only=True, slots=True)
class SumUpLedger:
    """Span by span, each in a transaction that sees all that was posted of it. Where a store has not the time for one,
    less of it is tried the next time.
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
            try:
                summed, is_done = await self.unit_of_work(self._step)
            except Unavailable:
                summed, is_done = await self.unit_of_work(self._take_less), True
            if is_done or self.clock.now() - began > _AT_ONCE:
                return summed

    async def _step(self) -> tuple[Summed, bool]:
        standing = await self.reconciliations.standing()
        span = next_span(standing.summed, self.clock.now())
        if span is None:
            return standing.summed, True
        summed = summed_up(standing.summed, await self.ledger.totals(*span), span[1])
        await self.reconciliations.put_standing(replace_sums(standing, summed))
        return summed, False

    async def _take_less(self) -> Summed:
        standing = await self.reconciliations.standing()
        less = less_at_once(standing.summed)
        await self.reconciliations.put_standing(replace_sums(standing, less))
        return less
