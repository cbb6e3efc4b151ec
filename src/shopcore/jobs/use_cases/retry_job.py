"""Try a job again, now."""

from dataclasses import dataclass
from functools import partial

from shopcore.jobs.model import Job, retry, standing, unchanged
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import JobId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryJob:
    """Give a waiting or dead job all its attempts again, the first of them at once."""

    queue: Queue
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, job_id: JobId) -> Job:
        """Staff with `jobs:write`. Raises `JobNotFound`, `JobDone`, or `LeaseLost` while a worker has it."""
        permit(actor, "jobs:write")
        now = self.clock.now()

        async def work() -> Job:
            before = await self.queue.change(job_id, unchanged)
            after = await self.queue.change(job_id, partial(retry, now=now))
            await self.audit.record(actor, "job.retry", f"job:{job_id}", before=standing(before), after=standing(after))
            return after

        return await self.unit_of_work(work)
