"""Forget jobs that were done long ago."""

from dataclasses import dataclass
from functools import partial

from shopcore.jobs.model import RETENTION
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.batches import in_batches
from shopcore.kernel.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetDoneJobs:
    """Remove done jobs after 30 days. Dead ones stay until somebody has decided on them."""

    queue: Queue
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `jobs:write`. Answers how many were forgotten."""
        permit(actor, "jobs:write")
        remove = partial(self.queue.remove_done, self.clock.now() - RETENTION)
        return (await in_batches(remove, self.clock)).count
