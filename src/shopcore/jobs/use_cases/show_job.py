"""Look at one job."""

from dataclasses import dataclass

from shopcore.jobs.model import Job
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import JobId


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowJob:
    """One job, with the history of its failures."""

    queue: Queue

    async def __call__(self, actor: Actor, *, job_id: JobId) -> Job:
        """Staff with `jobs:read`. Raises `JobNotFound`."""
        permit(actor, "jobs:read")
        return await self.queue.get(job_id)
