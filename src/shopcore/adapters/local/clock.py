"""Time from this machine."""

import asyncio
import threading
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from shopcore.kernel.deadline import until

T = TypeVar("T")

_HELD = timedelta(seconds=5)

_log = structlog.get_logger("shopcore")


class SystemClock:
    """The wall clock in UTC, held where it is while the machine sets it back by seconds, as to keep it right.

    One that goes back by more was wrong: it is believed at once, or everything that waits would wait for as long.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """The current instant; seconds before one that this clock told already it is that one."""
        with self._lock:
            told, now = self._latest, datetime.now(UTC)
            is_held = now < told <= now + _HELD
            self._latest = told if is_held else now
        if now < told and not is_held:
            _log.warning("clock_set_back", seconds=(told - now).total_seconds())
        return told if is_held else now

    async def sleep(self, seconds: float) -> None:
        """Wait that long; the event loop goes on."""
        await asyncio.sleep(seconds)

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """Await `work` for at most that long, then cancel it and raise `TimeoutError`."""
        with until(time.monotonic() + seconds):
            async with asyncio.timeout(seconds):
                return await work
