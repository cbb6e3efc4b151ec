"""Whether Redis is slow: it answers, but not all who ask at once have their answers in time."""

from collections import deque
from collections.abc import Callable

ENOUGH = 3  # times: one is a pause of a process, or of a disk
WITHIN = 10.0  # seconds: longer than what asks for readiness waits in between
_SLOW = "answers too slowly for all who ask at once: see its SLOWLOG, its load and the way to it"


class Lateness:
    """Counts over a while, since successes in between do not undo it. `now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._times: deque[float] = deque(maxlen=ENOUGH)

    @property
    def problem(self) -> str:
        """What to look at; empty while it was seldom late."""
        is_slow = len(self._times) == ENOUGH and self._now() - self._times[0] < WITHIN
        return f"Redis {_SLOW}" if is_slow else ""

    def count(self) -> bool:
        """Late once more. Whether that has made it slow."""
        was_slow = bool(self.problem)
        self._times.append(self._now())
        return bool(self.problem) and not was_slow
