"""How the contracts read a list to its end."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

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
        after = part.next_position
        if after is None:
            return found
