"""Count the funnel once more, from the stream of events alone."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CartId
from shopcore.operations.errors import NoEventStream
from shopcore.operations.model import HappenedEvent
from shopcore.operations.model.funnel import gather, says_too_little
from shopcore.operations.ports import EventStream
from shopcore.reporting.model import IN_USE, Journey, Recounted, counted, funnel_of, span
from shopcore.reporting.ports import CartsInUse

_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class RecountFunnel:
    """The figures of the report, as anybody gets them who reads the stream: a check of both.

    They agree as far back as the stream goes, once it has all that has happened. Which carts are still in use no event
    tells; that is asked of the carts, as the report does. An event of a version that told less is left out and
    counted.
    """

    stream: EventStream | None
    carts: CartsInUse
    clock: Clock

    async def __call__(
        self, actor: Actor, *, since: datetime | None = None, until: datetime | None = None
    ) -> Recounted:
        """Staff with `reports:read`. Raises `NoEventStream`, `Unavailable`, `InvalidInput` as the report does."""
        permit(actor, "reports:read")
        if self.stream is None:
            raise NoEventStream
        now = self.clock.now()
        start, end = span(since, until, now)
        journeys: dict[CartId, Journey] = {}
        left_out = 0
        async for some in _everything(self.stream):
            gather(journeys, some)
            left_out += sum(map(says_too_little, some))
        in_use = frozenset(await self.carts.touched(now - IN_USE))
        funnel = funnel_of(counted(journeys.values(), start, end, in_use), start, end)
        return Recounted(funnel=funnel, left_out=left_out)


async def _everything(stream: EventStream) -> AsyncIterator[Sequence[HappenedEvent]]:
    place: str | None = None
    while some := await stream.read(place, _AT_ONCE):
        yield some
        place = some[-1].place
