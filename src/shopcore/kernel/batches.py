"""Removing much, a little at a time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from shopcore.kernel.clock import Clock

AT_ONCE = 1_000
"""Rows in one transaction: it is over before anybody who waits for the store notices."""

LONG_ENOUGH = timedelta(seconds=15)
"""Whoever removes ends by then, as a job has to. What is left is for the next time."""


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """How many, and whether that was all there was to remove."""

    count: int
    is_all: bool


async def in_batches(remove: Callable[[int], Awaitable[int]], clock: Clock, at_once: int = AT_ONCE) -> Removed:
    """Call `remove` with how many it may remove at most, until it removes fewer, or for `LONG_ENOUGH`."""
    began, count = clock.now(), 0
    while True:
        some = await remove(at_once)
        count += some
        if some < at_once:
            return Removed(count=count, is_all=True)
        if clock.now() - began >= LONG_ENOUGH:
            return Removed(count=count, is_all=False)
