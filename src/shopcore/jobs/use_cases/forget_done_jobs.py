"""Forget jobs that were done long ago."""

from dataclasses import dataclass

from shopcore.jobs.model import RETENTION
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock

_AT_ONCE = 5_000  # keeps a transaction short
_MOST = 20  # of them: more than a busy shop does in an hour; should it take too long, the rest goes with the next tick


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetDoneJobs:
    """Remove done jobs after 30 days. Dead ones stay until somebody has decided on them."""

    queue: Queue
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `jobs:write`. Answers how many were forgotten."""
        permit(actor, "jobs:write")
        before, forgotten = self.clock.now() - RETENTION, 0
        for _ in range(_MOST):
            removed = await self.queue.remove_done(before, _AT_ONCE)
            forgotten += removed
            if removed < _AT_ONCE:
                break
        return forgotten
