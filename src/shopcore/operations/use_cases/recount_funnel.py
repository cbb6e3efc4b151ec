"""Count the funnel once more, from the stream of events alone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.operations.errors import NoEventStream
from shopcore.operations.model import HappenedEvent
from shopcore.operations.model.funnel import journeys_of
from shopcore.operations.ports import EventStream
from shopcore.reporting.model import IN_USE, Funnel, counted, funnel_of, span
from shopcore.reporting.ports import CartsInUse

_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class RecountFunnel:
    """The figures of the report, as anybody gets them who reads the stream: a check of both.

    They agree as far back as the stream goes, once it has all that has happened. Which carts are still in use no event
    tells; that is asked of the carts, as the report does.
    """

    stream: EventStream | None
    carts: CartsInUse
    clock: Clock

    async def __call__(self, actor: Actor, *, since: datetime | None = None, until: datetime | None = None) -> Funnel:
        """Staff with `reports:read`. Raises `NoEventStream`, `Unavailable`, `InvalidInput` as the report does."""
        permit(actor, "reports:read")
        if self.stream is None:
            raise NoEventStream
        now = self.clock.now()
        start, end = span(since, until, now)
        journeys = journeys_of([event async for event in _everything(self.stream)])
        in_use = frozenset(await self.carts.touched(now - IN_USE))
        return funnel_of(counted(journeys.values(), start, end, in_use), start, end)


async def _everything(stream: EventStream) -> AsyncIterator[HappenedEvent]:
    place: str | None = None
    while some := await stream.read(place, _AT_ONCE):
        for event in some:
            yield event
        place = some[-1].place
