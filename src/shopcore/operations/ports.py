"""What running a shop needs from outside."""

from datetime import datetime
from typing import Protocol

import msgspec


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a hit may pass, and how many more may at once.

    `reset_seconds`: when refused, after how long one hit will pass if nobody else hits; when allowed, until when the
    window in progress ends.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: float


class RateLimiter(Protocol):
    """Counts hits per key over a sliding window."""

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        """Count one hit, if it is allowed: a refused one costs nothing.

        - MUST allow at most `limit` at once, and at most twice that in any window (a sliding-window counter: the share
          of the last window that is still in sight counts as if its hits had been even).
        - MUST NOT let one key's hits count for another.
        - MUST keep to bounded memory, however many keys are invented.
        """
        ...
