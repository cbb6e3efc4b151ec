"""Turn what happened into what must be done about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from shopcore.kernel.events import Event
from shopcore.kernel.jobs import Jobs, NewJob

Also: TypeAlias = Callable[[Sequence[Event]], Sequence[NewJob]]
Bindings: TypeAlias = Mapping[type[Event], Callable[[Any], Sequence[NewJob]]]


def _nothing(_events: Sequence[Event]) -> Sequence[NewJob]:
    return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishEvents:
    """The port `kernel.events.Events`: each event becomes the jobs that are bound to it, in its own transaction."""

    jobs: Jobs
    bindings: Bindings
    also: Also = _nothing
    """What follows from events of any kind: told all that are published at once, it may add jobs."""

    async def publish(self, *events: Event) -> None:
        """See the port. An event to which nothing is bound becomes nothing."""
        due = [job for event in events if (bound := self.bindings.get(type(event))) for job in bound(event)]
        due.extend(self.also(events))
        if due:
            await self.jobs.enqueue(*due)
