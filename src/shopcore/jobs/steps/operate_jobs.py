"""What operators do to one job, however many they do it to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shopcore.jobs.errors import JobDone, JobNotFound, LeaseLost, NoJobsChosen
from shopcore.jobs.events import JobDiscarded
from shopcore.jobs.model import Chosen, Handled, Job, JobState, retry, standing
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import JobId
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.kernel.unit_of_work import UnitOfWork

MOST_AT_ONCE = 500
"""How many jobs one act in bulk touches, each in a transaction of its own: it ends before a request may."""

_MOST_LOOKED_AT = 5_000  # in search of one kind


@dataclass(frozen=True, kw_only=True, slots=True)
class OperateJobs:
    """Retries and discards jobs, and writes each act down."""

    queue: Queue
    audit: Audit
    events: Events
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
            if job.state is not JobState.DONE:
                await self.events.publish(given_up(job, self.clock.now()))
            await self.audit.record(actor, "job.discard", f"job:{job_id}", before=standing(job), after={})

        await self.unit_of_work(work)

    async def on_all(self, act: Callable[[JobId], Awaitable[object]], chosen: Chosen) -> Handled:
        """Act on the chosen jobs. Raises `NoJobsChosen`.

        A job that somebody has seen to meanwhile is passed over. Of dead ones the newest come first, and whoever goes
        on before the last of them acts on each once, also where they die again.
        """
        if [chosen.job_ids is not None, chosen.kind is not None, chosen.all_dead].count(True) != 1:
            raise NoJobsChosen
        if (named := chosen.job_ids) is not None:
            return Handled(count=sum([await _done(act, job_id) for job_id in named[:MOST_AT_ONCE]]))
        before, count, tried, looked_at = chosen.before, 0, 0, 0
        while tried < MOST_AT_ONCE and looked_at < _MOST_LOOKED_AT:
            after: Position | None = None if before is None else (before,)
            page = await self.queue.page(JobState.DEAD, after, min(MAX_LIMIT, MOST_AT_ONCE - tried))
            wanted = [job.id for job in page.items if chosen.kind in {None, job.kind}]
            count += sum([await _done(act, job_id) for job_id in wanted])
            tried, looked_at = tried + len(wanted), looked_at + len(page.items)
            if page.next_position is None:
                return Handled(count=count)
            before = page.items[-1].id
        return Handled(count=count, go_on_before=before)


def given_up(job: Job, now: datetime) -> JobDiscarded:
    """What is told of a job that nobody will do."""
    errors = [each.error for each in job.failures] + ([job.last_error] if job.last_error else [])
    return JobDiscarded(at=now, job_id=job.id, kind=job.kind, payload=job.payload, errors=tuple(dict.fromkeys(errors)))


async def _done(act: Callable[[JobId], Awaitable[object]], job_id: JobId) -> bool:
    try:
        await act(job_id)
    except (JobNotFound, JobDone, LeaseLost):
        return False
    return True
