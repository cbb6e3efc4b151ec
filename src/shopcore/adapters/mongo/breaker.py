"""A circuit breaker: while the store is gone, callers hear so at once instead of each waiting to find out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable

THRESHOLD = 5  # failures in a row: one lost connection is no outage
REST_SECONDS = 1.0  # an election takes about as long; each rest is ended by one caller who looks


class Breaker:
    """Closed, it lets everybody through. After `threshold` failures in a row it opens, and refuses for a rest; then one
    caller at a time may look, and what that one finds decides.

    Not a retry: it never repeats a call. `now` is a monotonic clock in seconds. It belongs to one event loop.
    """

    def __init__(
        self, now: Callable[[], float], *, threshold: int = THRESHOLD, rest_seconds: float = REST_SECONDS
    ) -> None:
        self._now = now
        self._threshold = threshold
        self._rest = rest_seconds
        self._failures = 0
        self._refuses_until = 0.0
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether it has given up on the store for now."""
        return self._failures >= self._threshold

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Around one call. `StoreUnreachable` from inside is a failure; while open, it is raised instead of the call.
        `StoreBusy` and `StoreUndecided` show nothing: both may be a caller that was too slow for its own deadline. Nor
        does a caller that leaves. Any other end, also a refusal, shows that the store answered.
        """
        probing = self._admit()
        try:
            yield
        except StoreUnreachable:
            self._fail()
            raise
        except (StoreBusy, StoreUndecided):
            raise
        except Exception:
            self._failures = 0
            raise
        else:
            self._failures = 0
        finally:
            if probing:
                self._is_probing = False

    def _admit(self) -> bool:
        if not self.is_open:
            return False
        wait = self._refuses_until - self._now()
        if wait > 0 or self._is_probing:
            raise StoreUnreachable(retry_after=max(wait, self._rest / 2))
        self._is_probing = True
        return True

    def _fail(self) -> None:
        self._failures += 1
        if self.is_open:
            self._refuses_until = self._now() + self._rest
