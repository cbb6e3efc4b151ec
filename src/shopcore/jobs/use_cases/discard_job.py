"""Give a job up for good."""

from dataclasses import dataclass

from shopcore.jobs.model import standing, unchanged
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.ids import JobId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscardJob:
    """Remove a job that nobody works on. Its unique key is free again."""

    queue: Queue
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, job_id: JobId) -> None:
        """Staff with `jobs:write`. Raises `JobNotFound`, or `LeaseLost` while a worker has it."""
        permit(actor, "jobs:write")

        async def work() -> None:
            job = await self.queue.change(job_id, unchanged)
            await self.queue.discard(job_id)
            await self.audit.record(actor, "job.discard", f"job:{job_id}", before=standing(job), after={})

        await self.unit_of_work(work)
