"""A cap on calls per second, of this process: Stripe refuses what is more than it allows an account."""

import asyncio
from collections.abc import Callable

_BURST = 10  # calls that may be made at once after a rest


class Pace:
    """Spreads calls. `now` is a monotonic clock in seconds; it belongs to one event loop."""

    def __init__(self, per_second: int, now: Callable[[], float]) -> None:
        self._interval = 1.0 / per_second
        self._now = now
        self._next = now()

    async def turn(self, patience: float) -> None:
        """Wait for a turn. Raises `TimeoutError` at once, and uses none, where that takes more than so many seconds."""
        now = self._now()
        mine = max(self._next, now - _BURST * self._interval)
        if mine - now > patience:
            raise TimeoutError
        self._next = mine + self._interval
        if mine > now:
            await asyncio.sleep(mine - now)
