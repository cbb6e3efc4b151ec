"""Work that must happen later, written in the transaction that decided on it."""

from datetime import datetime
from typing import Protocol

import msgspec


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job to be done at `run_at` (at once when None).

    `payload` holds ids, never personal values. Of two jobs with one `unique_key` the second is dropped. Of the jobs
    that are due, the one with the higher `priority` goes first.
    """

    kind: str
    payload: dict[str, str] = {}
    unique_key: str | None = None
    run_at: datetime | None = None
    priority: int = 0
    max_attempts: int = 12


class Jobs(Protocol):
    """The queue as the rest of the core sees it."""

    async def enqueue(self, *jobs: NewJob) -> None:
        """Add jobs to the transaction in progress.

        - MUST be called inside a unit of work, and MUST be undone with it.
        - A job whose `unique_key` is known already, waiting or done, is a no-op.
        - A job is delivered at least once, so its handler is idempotent.
        """
        ...
