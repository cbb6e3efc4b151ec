"""Show what is still to be sent, or has failed for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.jobs.model import Depth
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.notifications.model.jobs_of_messages import SENDING


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowUnsent:
    """By their jobs, each of which was written in one transaction with what its message tells of."""

    queue: Queue

    async def __call__(self, actor: Actor) -> Sequence[Depth]:
        """Staff with `messages:read`."""
        permit(actor, "messages:read")
        return [each for each in await self.queue.depth() if each.kind in SENDING]
