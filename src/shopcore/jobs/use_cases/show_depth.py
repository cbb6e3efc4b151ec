"""How much there is to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.jobs.model import Depth
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowDepth:
    """The jobs that are not done, counted by kind and state."""

    queue: Queue

    async def __call__(self, actor: Actor) -> Sequence[Depth]:
        """Staff with `jobs:read`."""
        permit(actor, "jobs:read")
        return await self.queue.depth()
