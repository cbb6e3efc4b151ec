"""Time, as a port: the use case reads `now` once and hands it down; the model never asks."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """The only source of time in the core, so that a simulation can own it."""

    def now(self) -> datetime:
        """The current instant, in UTC, aware. Within one process it does not go back by seconds; by more it does where
        the machine's own clock was wrong, and who waits for a span of time to pass is to bear that.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long by this clock."""
        ...

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """Await `work` for at most that long, then cancel it and raise `TimeoutError`.

        What it waits for is told: see `shopcore.kernel.deadline`.
        """
        ...
