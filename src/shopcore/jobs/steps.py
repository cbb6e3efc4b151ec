"""What operators do to one job, however many they do it to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from shopcore.jobs.errors import JobDone, JobNotFound, LeaseLost, NoJobsChosen
from shopcore.jobs.model import Chosen, Job, JobState, retry, standing
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import JobId
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.kernel.unit_of_work import UnitOfWork

MOST_AT_ONCE = 500
"""How many jobs one act in bulk touches, each in a transaction of its own: it ends before a request may."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperateJobs:
    """Retries and discards jobs, and writes each act down."""

    queue: Queue
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def retry(self, actor: Actor, job_id: JobId) -> Job:
        """Raises `JobNotFound`, `JobDone`, or `LeaseLost` while a worker has it."""
        now = self.clock.now()

        async def work() -> Job:
            before = await self.queue.get(job_id)
            after = await self.queue.change(job_id, partial(retry, now=now))
            await self.audit.record(actor, "job.retry", f"job:{job_id}", before=standing(before), after=standing(after))
            return after

        return await self.unit_of_work(work)

    async def discard(self, actor: Actor, job_id: JobId) -> None:
        """Raises `JobNotFound`, or `LeaseLost` while a worker has it."""

        async def work() -> None:
            job = await self.queue.get(job_id)
            await self.queue.discard(job_id)
            await self.audit.record(actor, "job.discard", f"job:{job_id}", before=standing(job), after={})

        await self.unit_of_work(work)

    async def on_all(self, act: Callable[[JobId], Awaitable[object]], chosen: Chosen) -> int:
        """Act on the chosen jobs; answers on how many it was done. Raises `NoJobsChosen`.

        A job that somebody has seen to meanwhile is passed over.
        """
        if [chosen.job_ids is not None, chosen.kind is not None, chosen.all_dead].count(True) != 1:
            raise NoJobsChosen
        named = chosen.job_ids
        wanted = list(named) if named is not None else [job.id async for job in self._dead(chosen.kind)]
        return sum([await _done(act, job_id) for job_id in wanted[:MOST_AT_ONCE]])

    async def _dead(self, kind: str | None) -> AsyncIterator[Job]:
        after: Position | None = None
        found = 0
        while found < MOST_AT_ONCE:
            page = await self.queue.page(JobState.DEAD, after, MAX_LIMIT)
            for job in page.items:
                if kind in {None, job.kind}:
                    found += 1
                    yield job
            if (after := page.next_position) is None:
                return


async def _done(act: Callable[[JobId], Awaitable[object]], job_id: JobId) -> bool:
    try:
        await act(job_id)
    except (JobNotFound, JobDone, LeaseLost):
        return False
    return True
