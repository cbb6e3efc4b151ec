"""The stream of what happened, for whoever counts and draws."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from redis.asyncio import Redis

from shopcore.adapters.redis.keys import Keys
from shopcore.adapters.redis.link import Link
from shopcore.kernel.errors import InvalidInput
from shopcore.operations.model import HappenedEvent

_AT_ONCE = 50


class RedisEventStream:
    """A Redis Stream with about `length` entries at most; each has the fields `id`, `name`, `at` and `figures`."""

    def __init__(self, link: Link, keys: Keys, length: int) -> None:
        self._link = link
        self._name = keys.events
        self._length = length

    async def append(self, events: Sequence[HappenedEvent]) -> None:
        """See the port. An act may have thousands of events: so many go in one question as it has time for."""
        for start in range(0, len(events), _AT_ONCE):
            await self._link.ask(partial(self._add, events[start : start + _AT_ONCE]))

    async def read(self, after: str | None, limit: int) -> Sequence[HappenedEvent]:
        """See the port."""
        start = "-" if after is None else f"({_checked(after)}"

        async def look(client: Redis) -> Any:
            return await client.xrange(self._name, min=start, count=limit)

        return [_event(place.decode(), fields) for place, fields in await self._link.ask(look)]

    async def _add(self, events: Sequence[HappenedEvent], client: Redis) -> None:
        pipeline = client.pipeline(transaction=False)
        for event in events:
            _ = pipeline.xadd(self._name, _fields(event), maxlen=self._length, approximate=True)
        await pipeline.execute()


def _fields(event: HappenedEvent) -> dict[Any, Any]:
    figures = msgspec.json.encode(event.figures)
    return {"id": event.id, "name": event.name, "at": event.at.isoformat(), "figures": figures}


def _checked(place: str) -> str:
    milliseconds, _, number = place.partition("-")
    if not (milliseconds.isdecimal() and number.isdecimal() and place.isascii() and len(place) <= 40):
        raise InvalidInput.of("after", "unknown_place", "must be a place that the stream gave")
    return place


def _event(place: str, fields: Mapping[bytes, bytes]) -> HappenedEvent:
    return HappenedEvent(
        id=fields[b"id"].decode(),
        name=fields[b"name"].decode(),
        at=datetime.fromisoformat(fields[b"at"].decode()),
        figures=msgspec.json.decode(fields[b"figures"], type=dict[str, str]),
        place=place,
    )
