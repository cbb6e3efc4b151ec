"""Ids and secrets from this machine's clock and its cryptographic source."""

import secrets
import threading
import time

from shopcore.kernel.ids import uuid7

_RANDOM_BITS = 74
_LONGEST_STEP_BITS = 32  # the next id of the same millisecond cannot be told from the last one


class LocalIds:
    """UUIDv7, strictly increasing within this source, also within one millisecond and across threads.

    Within a millisecond the random part grows by a random step (RFC 9562, 6.2, method 2). When the clock goes back, ids
    stay in the millisecond that they had reached.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._random = 0

    def new(self) -> str:
        """A UUIDv7 that sorts after every one this source gave before."""
        with self._lock:
            self._advance(time.time_ns() // 1_000_000)
            return uuid7(self._milliseconds, self._random)

    def _advance(self, milliseconds: int) -> None:
        if milliseconds <= self._milliseconds:
            stepped = self._random + 1 + secrets.randbits(_LONGEST_STEP_BITS)
            if stepped < 1 << _RANDOM_BITS:
                self._random = stepped
                return
        self._milliseconds = max(milliseconds, self._milliseconds + 1)
        self._random = secrets.randbits(_RANDOM_BITS)

    def secret(self) -> str:
        """256 random bits as 43 URL-safe characters."""
        return secrets.token_urlsafe(32)
