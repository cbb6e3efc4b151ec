"""Rate limits of one process."""

import math
from collections import OrderedDict, defaultdict
from datetime import datetime

import msgspec

from shopcore.operations.ports import Allowance

_MAX_KEYS = 50_000  # some 15 MB; of more callers than that within one window the least recent are forgotten


class _Counter(msgspec.Struct):
    """Hits of the window in progress, and of the one before."""

    window: int = 0
    current: int = 0
    previous: int = 0

    def move_to(self, window: int) -> None:
        """Later windows only: a clock that went back counts into the window it had reached."""
        if window > self.window:
            self.previous = self.current if window == self.window + 1 else 0
            self.window, self.current = window, 0


class LocalLimiter:
    """A sliding-window counter per key. `max_keys` bounds its memory for each length of window: the least recently hit
    key is forgotten, but for no hit of another length. So requests by the minute wipe out no guesses by the hour.
    """

    def __init__(self, max_keys: int = _MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._counters: defaultdict[float, OrderedDict[str, _Counter]] = defaultdict(OrderedDict)

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        """Count one hit, if it is allowed."""
        counter = self._counter(key, window_seconds)
        position = now.timestamp() / window_seconds
        counter.move_to(math.floor(position))
        elapsed = min(max(position - counter.window, 0.0), 1.0)
        room = limit - counter.current - counter.previous * (1 - elapsed)
        if room < 1:
            wait = _until_room(counter, limit, elapsed) * window_seconds
            return Allowance(allowed=False, limit=limit, remaining=0, reset_seconds=wait)
        counter.current += 1
        left = (1 - elapsed) * window_seconds
        return Allowance(allowed=True, limit=limit, remaining=math.floor(room - 1), reset_seconds=left)

    async def forget(self, key: str, window_seconds: float) -> None:
        """See the port."""
        self._counters[window_seconds].pop(key, None)

    def _counter(self, key: str, window_seconds: float) -> _Counter:
        counters = self._counters[window_seconds]
        counter = counters.setdefault(key, _Counter())
        counters.move_to_end(key)
        if len(counters) > self._max_keys:
            counters.popitem(last=False)
        return counter


def _until_room(counter: _Counter, limit: int, elapsed: float) -> float:
    """In windows: until the share of the older hits that is still in sight leaves room for one more."""
    if limit < 1:
        return 1.0
    if counter.current < limit:
        return 1 - (limit - 1 - counter.current) / counter.previous - elapsed
    return 1 - elapsed + 1 - (limit - 1) / counter.current
