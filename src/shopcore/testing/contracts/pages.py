"""How the contracts read a list to its end."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from shopcore.kernel.paging import Position, Slice

T = TypeVar("T")


async def everything(page: Callable[[Position | None, int], Awaitable[Slice[T]]], limit: int) -> list[T]:
    """Every row of a list, read in pages of `limit`, as a client does that follows the cursors."""
    found: list[T] = []
    after: Position | None = None
    while True:
        part = await page(after, limit)
        assert len(part.items) <= limit
        found += part.items
        after = through_a_cursor(part.next_position)
        if after is None:
            return found


def through_a_cursor(position: Position | None) -> Position | None:
    """A position as it comes back from a client: a cursor holds it as JSON."""
    return position and tuple(msgspec.json.decode(msgspec.json.encode(position), type=list[str | int | None]))
