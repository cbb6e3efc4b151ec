"""Do what is due."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from shopcore.jobs.model import Job, complete, fail, give_up, hand_back, put_off, seconds_left
from shopcore.jobs.ports import NO_RATES, Chance, Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.errors import ShopError
from shopcore.kernel.ids import Ids

Handler: TypeAlias = Callable[[Mapping[str, str]], Awaitable[None]]
Report: TypeAlias = Callable[[Job, Exception], None]
"""Where the edge is told of a failed job, to log it; called while the exception is being handled."""
Rates: TypeAlias = Callable[[], Mapping[str, int]]
"""How many jobs of a kind all workers together begin in a second as things stand; 0 while what they need is down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkJobs:
    """Lease due jobs, do them side by side, and record each outcome: done, or to be tried again later, or given up.

    Whoever has to stop cancels it: what is not done by then is handed back, for another worker to begin at once.
    A job may take 25 seconds, less what the lease itself has taken; it is not renewed. A handler that dies with its
    process leaves a lease that lapses, and the job is tried again: handlers are idempotent.
    """

    queue: Queue
    handlers: Mapping[str, Handler]
    clock: Clock
    ids: Ids
    chance: Chance
    report: Report
    rates: Rates = lambda: NO_RATES

    async def __call__(self, actor: Actor, *, limit: int) -> int:
        """The shop itself, or staff with `jobs:write`. Answers how many jobs were tried; 0 means that none is due."""
        permit(actor, "jobs:write")
        worker = self.ids.new()  # of this call alone, so that a lapsed lease is never mistaken for a later one
        leased = await self.queue.lease_due(worker, self.clock.now(), limit, self.rates())
        # Each to its end, however another ends: whoever stops waits until the last of them is handed back.
        ended = await asyncio.gather(*(self._work(job, worker) for job in leased), return_exceptions=True)
        for beyond in filter(None, ended):  # no handler's error, and nobody's to keep: as the end of the process
            raise beyond
        return len(leased)

    async def _work(self, job: Job, worker: str) -> None:
        # `gather` runs this in a task, which has a context of its own.
        correlation_id.set(job.correlation_id or job.id)
        try:
            outcome = await self._outcome_of(job)
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                await self._settle(job, worker, hand_back)
                raise
            outcome = partial(self._failed, error=type(error).__name__)  # nobody stops it: the handler did it itself
        await self._settle(job, worker, outcome)

    async def _settle(self, job: Job, worker: str, outcome: Callable[[Job], Job]) -> None:
        try:
            await self.queue.settle(job.id, worker, outcome)
        except Exception as unsettled:  # noqa: BLE001 - as of a driver that nobody has seen yet
            # Taken over, discarded, or the store is down: whoever leases it next settles it.
            self.report(job, unsettled)

    async def _outcome_of(self, job: Job) -> Callable[[Job], Job]:
        """Run the handler, and say what becomes of the job."""
        handler = self.handlers.get(job.kind)
        if handler is None:
            return partial(self._failed, error="this worker has no handler for it")
        if (left := seconds_left(job, self.clock.now())) <= 0:
            return hand_back
        try:
            await self.clock.within(left, handler(job.payload))
        except ShopError as error:
            return self._refused(job, error)
        # The edge of every handler: whatever a bug raises, its job must be tried again and the other jobs go on. Only
        # the type is stored, since the text of an unexpected error may hold anything, personal values included.
        except Exception as error:  # noqa: BLE001
            self.report(job, error)
            return partial(self._failed, error=type(error).__name__)
        return complete

    def _refused(self, job: Job, error: ShopError) -> Callable[[Job], Job]:
        text, now = f"{error.code}: {error.detail}", self.clock.now()
        if error.is_untried:  # whoever found that out has told it
            return partial(put_off, error=text, now=now, jitter=self.chance.fraction())
        self.report(job, error)
        return partial(give_up, error=text, now=now) if error.is_final else partial(self._failed, error=text)

    def _failed(self, job: Job, *, error: str) -> Job:
        return fail(job, error, self.clock.now(), self.chance.fraction())
