"""A clock that a test turns by hand."""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """Time stands still until `advance`; who sleeps is woken in order, each at its own instant."""

    def __init__(self, start: datetime = NEW_YEAR) -> None:
        self._now = start
        self._order = itertools.count()
        self._somebody_sleeps = asyncio.Event()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The instant that the test has turned it to."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by that much."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), woken))
        self._somebody_sleeps.set()
        await woken

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """Await `work` for at most that long by this clock, then cancel it and raise `TimeoutError`."""
        task, deadline = asyncio.ensure_future(work), asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait((task, deadline), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise TimeoutError
        finally:
            for each in (task, deadline):
                each.cancel()
            await asyncio.gather(task, deadline, return_exceptions=True)

    async def asleep(self, sleepers: int) -> None:
        """Wait, in real time, until so many are asleep: what they do before that may take other threads."""
        while sum(not woken.done() for _, _, woken in self._sleepers) < sleepers:
            self._somebody_sleeps.clear()
            await self._somebody_sleeps.wait()

    async def advance(self, seconds: float) -> None:
        """Let that much time pass."""
        end = self._now + timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            if not woken.done():
                woken.set_result(None)
                await asyncio.sleep(0)
        self._now = end
