"""Time from this machine."""

import asyncio
import threading
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TypeVar

from shopcore.kernel.deadline import until

T = TypeVar("T")


class SystemClock:
    """The wall clock in UTC, held where it is while the machine sets it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """The current instant, never before one that this clock told already."""
        with self._lock:
            self._latest = max(self._latest, datetime.now(UTC))
            return self._latest

    async def sleep(self, seconds: float) -> None:
        """Wait that long; the event loop goes on."""
        await asyncio.sleep(seconds)

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """Await `work` for at most that long, then cancel it and raise `TimeoutError`."""
        with until(time.monotonic() + seconds):
            async with asyncio.timeout(seconds):
                return await work
