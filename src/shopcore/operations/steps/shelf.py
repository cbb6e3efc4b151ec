"""One kind of things in a store, read in an order of keys and put into another store."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Things of one kind, each under a key. `put` leaves alone what is there."""

    name: str
    read: Callable[[str, int], Awaitable[Sequence[tuple[str, Any]]]]
    put: Callable[[Sequence[Any]], Awaitable[None]]


BATCH = 100
"""Things that are read at a time."""


async def summed(shelf: Shelf, watch: Callable[[int], None] = lambda _count: None) -> tuple[int, str]:
    """How many things there are, and a hash over all of them; `watch` hears how many it has seen."""
    count, digest, after = 0, hashlib.sha256(), ""
    while batch := await shelf.read(after, BATCH):
        for thing in batch:
            digest.update(msgspec.json.encode(thing, order="deterministic"))
        count, after = count + len(batch), batch[-1][0]
        watch(count)
    return count, digest.hexdigest()


def whole(
    name: str,
    everything: Callable[[], Awaitable[Sequence[T]]],
    key: str,
    put: Callable[[T], Awaitable[None]],
) -> Shelf:
    """A shelf that is small enough to be read whole."""

    async def read(after: str, limit: int) -> Sequence[tuple[str, T]]:
        keyed = sorted((str(getattr(one, key)), one) for one in await everything())
        return [each for each in keyed if each[0] > after][:limit]

    async def put_each(things: Sequence[T]) -> None:
        for thing in things:
            await put(thing)

    return Shelf(name, read, put_each)
