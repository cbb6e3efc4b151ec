"""A circuit breaker: while somebody does not answer, nobody waits to find that out, and one caller a second looks."""

from collections.abc import Callable

THRESHOLD = 3  # failures in a row: one broken connection is no outage
REST_SECONDS = 1.0


class Breaker:
    """Closed, everybody may ask. After `threshold` failures in a row it is open: nobody may but, once per rest, one
    who looks. What that one finds decides. `now` is a monotonic clock in seconds; it belongs to one event loop.
    """

    def __init__(
        self, now: Callable[[], float], *, threshold: int = THRESHOLD, rest_seconds: float = REST_SECONDS
    ) -> None:
        self._now = now
        self._threshold = threshold
        self._rest = rest_seconds
        self._failures = 0
        self._rests_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it has given up for now."""
        return self._failures >= self._threshold

    @property
    def is_resting(self) -> bool:
        """Whether it is open, and nobody may look at this moment."""
        return self.rests_for > 0

    @property
    def rests_for(self) -> float:
        """Seconds until somebody may look; none while it is closed."""
        return max(0.0, self._rests_until - self._now()) if self.is_open else 0.0

    def may_look(self) -> bool:
        """Whether the caller is the one who looks. The others have to wait for a whole rest, so that a look that never
        ends (its caller was cancelled) blocks nobody for longer.
        """
        if self._now() < self._rests_until:
            return False
        self._rests_until = self._now() + self._rest
        return True

    def failed(self, *, for_sure: bool = False) -> bool:
        """Count a failure, all of them at once if there is no doubt. Whether that has opened it."""
        was_open = self.is_open
        self._failures = self._threshold if for_sure else self._failures + 1
        if self.is_open:
            self._rests_until = self._now() + self._rest
        return self.is_open and not was_open

    def worked(self) -> bool:
        """Count a success. Whether that has closed it."""
        was_open, self._failures = self.is_open, 0
        return was_open
