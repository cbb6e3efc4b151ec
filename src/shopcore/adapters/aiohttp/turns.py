"""How many tries of one endpoint are under way, and when those come again that have no turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shopcore.webhooks.errors import EndpointBusy
from shopcore.webhooks.ports import MOST_UNDER_WAY

_LEAST_APART, _LATEST = 0.1, 1800.0  # seconds, of those in the line


class Turns:
    """Those of one endpoint, in this process.

    Who has none soon is told when to come again: one after the other, as fast as the endpoint answers. However many
    they are, so few come at a time that they fill no round of the worker, and none of them waits where there is a line.
    The line is over as soon as the endpoint is quick: all have a turn then, and who is in it still comes as told.
    """

    def __init__(self, longest_wait: float) -> None:
        self._longest_wait = longest_wait
        self._free = asyncio.Semaphore(MOST_UNDER_WAY)
        self._takes = 0.0  # seconds: the mean of the last answers, about as many as there are turns
        self._end_of_line = 0.0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises `EndpointBusy`; what it says of the time is for its caller alone."""
        await self._taken()
        began = _now()
        try:
            yield
        finally:
            self._takes += (_now() - began - self._takes) / MOST_UNDER_WAY
            if not self._is_slow:
                self._end_of_line = min(self._end_of_line, _now())
            self._free.release()

    @property
    def _is_slow(self) -> bool:
        """Whether those who wait for a turn may well wait for nothing."""
        return self._takes >= self._longest_wait / 2

    async def _taken(self) -> None:
        if self._is_slow and self._free.locked() and self._end_of_line > _now():
            raise self._busy()
        try:
            async with asyncio.timeout(self._longest_wait):
                await self._free.acquire()
        except TimeoutError:
            self._takes = max(self._takes, self._longest_wait)  # none of those under way has ended meanwhile
            raise self._busy() from None

    def _busy(self) -> EndpointBusy:
        now = _now()
        apart = max(_LEAST_APART, self._takes / MOST_UNDER_WAY)
        self._end_of_line = min(max(self._end_of_line, now) + apart, now + _LATEST)
        return EndpointBusy(self._end_of_line - now)


def _now() -> float:
    return asyncio.get_running_loop().time()
