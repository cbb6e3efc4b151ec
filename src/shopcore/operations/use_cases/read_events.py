"""Read what happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.operations.errors import NoEventStream
from shopcore.operations.model import HappenedEvent
from shopcore.operations.ports import EventStream

MAX_EVENTS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadEvents:
    """Events from the stream, oldest first. Who goes on reading gives the `place` of the last one seen."""

    stream: EventStream | None

    async def __call__(
        self, actor: Actor, *, after: str | None = None, limit: int = MAX_EVENTS
    ) -> Sequence[HappenedEvent]:
        """Staff with `events:read`. Raises `NoEventStream`, `Unavailable`, or `InvalidInput` for a wrong place."""
        permit(actor, "events:read")
        if self.stream is None:
            raise NoEventStream
        return await self.stream.read(after, min(limit, MAX_EVENTS))
