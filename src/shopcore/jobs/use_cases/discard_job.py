"""Give a job up for good."""

from dataclasses import dataclass

from shopcore.jobs.steps.operate_jobs import OperateJobs
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import JobId


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscardJob:
    """Remove a job that nobody works on. Its unique key is free again."""

    operate: OperateJobs

    async def __call__(self, actor: Actor, *, job_id: JobId) -> None:
        """Staff with `jobs:write`. Raises `JobNotFound`, or `LeaseLost` while a worker has it."""
        permit(actor, "jobs:write")
        await self.operate.discard(actor, job_id)
