"""A circuit breaker: while the store is gone, callers hear so at once instead of each waiting to find out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shopcore.kernel.breaker import Breaker
from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable

THRESHOLD = 5  # failures in a row: one lost connection is no outage
REST_SECONDS = 1.0  # an election takes about as long; each rest is ended by one caller who looks


class StoreBreaker:
    """Around every call. While the breaker is open it refuses for a rest; then one caller at a time may look, and what
    that one finds decides.

    Not a retry: it never repeats a call. `now` is a monotonic clock in seconds. It belongs to one event loop.
    """

    def __init__(
        self, now: Callable[[], float], *, threshold: int = THRESHOLD, rest_seconds: float = REST_SECONDS
    ) -> None:
        self._breaker = Breaker(now, threshold=threshold, rest_seconds=rest_seconds)
        self._at_least = rest_seconds / 2
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether it has given up on the store for now."""
        return self._breaker.is_open

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
            self._breaker.failed()
            raise
        except (StoreBusy, StoreUndecided):
            raise
        except Exception:
            self._breaker.worked()
            raise
        else:
            self._breaker.worked()
        finally:
            if probing:
                self._is_probing = False

    def _admit(self) -> bool:
        if not self._breaker.is_open:
            return False
        if self._breaker.is_resting or self._is_probing:
            raise StoreUnreachable(retry_after=max(self._breaker.rests_for, self._at_least))
        self._is_probing = True
        return True
