"""Do what is due."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from shopcore.jobs.model import Job, Outcome, Pace
from shopcore.jobs.ports import NO_PACES, Queue
from shopcore.jobs.steps.do_jobs import Doing, DoJobs
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids, JobId

Paces: TypeAlias = Callable[[], Mapping[str, Pace]]
"""The pace of each kind that has one, as things stand; at rate 0 while what it needs is down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkJobs:
    """Lease due jobs, do them side by side, and record each outcome: done, or to be tried again later, or given up.

    None waits for another: all that has ended by the moment in which outcomes are written is written at once.
    Whoever has to stop cancels it: what is not done by then is handed back, for another worker to begin at once.
    A job may take 25 seconds, less what the lease itself has taken; it is not renewed. A handler that dies with its
    process leaves a lease that lapses, and the job is tried again: handlers are idempotent.
    """

    queue: Queue
    do_jobs: DoJobs
    clock: Clock
    ids: Ids
    paces: Paces = lambda: NO_PACES

    async def __call__(self, actor: Actor, *, limit: int) -> int:
        """The shop itself, or staff with `jobs:write`. Answers how many jobs were tried; 0 means that none is due."""
        permit(actor, "jobs:write")
        worker = self.ids.new()  # of this call alone, so that a lapsed lease is never mistaken for a later one
        leased = {job.id: job for job in await self.queue.lease_due(worker, self.clock.now(), limit, self.paces())}
        if leased:
            await self._see_through(worker, leased)
        return len(leased)

    async def _see_through(self, worker: str, leased: Mapping[JobId, Job]) -> None:
        """Each to its end, however another ends."""
        doing = Doing(self.do_jobs, list(leased.values()))
        try:
            while not doing.is_over:
                await self._settle(worker, leased, await doing.some())
        except asyncio.CancelledError:
            await self._settle(worker, leased, await doing.stopped())
            raise
        finally:
            doing.close()

    async def _settle(self, worker: str, leased: Mapping[JobId, Job], outcomes: Mapping[JobId, Outcome]) -> None:
        if not outcomes:
            return
        try:
            settled = await _to_its_end(asyncio.ensure_future(self.queue.settle(worker, outcomes)))
        except Exception as error:  # noqa: BLE001 - as of a driver that nobody has seen yet
            settled = dict.fromkeys(outcomes, error)
        for job_id, after in settled.items():
            if isinstance(after, Exception):
                # Taken over, discarded, or the store is down: whoever leases it next settles it.
                self.do_jobs.tell(leased[job_id], after)


async def _to_its_end(settling: "asyncio.Future[Mapping[JobId, Job | Exception]]") -> Mapping[JobId, Job | Exception]:
    """Also where the caller has to stop meanwhile: what is done is not left to be done again."""
    try:
        return await asyncio.shield(settling)
    except asyncio.CancelledError:
        await asyncio.wait({settling})
        raise
