"""Retry many jobs."""

from dataclasses import dataclass
from functools import partial

from shopcore.jobs.model import Chosen, Handled
from shopcore.jobs.steps.operate_jobs import OperateJobs
from shopcore.kernel.actor import Actor, permit


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryJobs:
    """Retry the jobs that are named, or dead ones, of one kind or of all. At most 500 at once."""

    operate: OperateJobs

    async def __call__(self, actor: Actor, *, chosen: Chosen) -> Handled:
        """Staff with `jobs:write`. Answers to how many it was done; others have been seen to by somebody else.

        Raises `NoJobsChosen`.
        """
        permit(actor, "jobs:write")
        return await self.operate.on_all(partial(self.operate.retry, actor), chosen)
