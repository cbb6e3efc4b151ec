"""Try a job again, now."""

from dataclasses import dataclass

from shopcore.jobs.model import Job
from shopcore.jobs.steps.operate_jobs import OperateJobs
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import JobId


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryJob:
    """Give a waiting or dead job all its attempts again, the first of them at once."""

    operate: OperateJobs

    async def __call__(self, actor: Actor, *, job_id: JobId) -> Job:
        """Staff with `jobs:write`. Raises `JobNotFound`, `JobDone`, or `LeaseLost` while a worker has it."""
        permit(actor, "jobs:write")
        return await self.operate.retry(actor, job_id)
