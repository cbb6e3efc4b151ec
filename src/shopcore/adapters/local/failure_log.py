"""Failed jobs as lines of the log, without a line for each of thousands that fail for one reason."""

import time
from collections import Counter
from collections.abc import Callable
from traceback import format_tb

import structlog

from shopcore.jobs.model import Job
from shopcore.kernel.errors import ShopError

_QUIET_SECONDS = 60.0

_log = structlog.get_logger("shopcore")


class FailureLog:
    """What failed and how, and where, if nobody expected it.

    Of jobs of one kind that are refused for one reason, as all mails are while the mail server is gone, one a minute is
    told of, with how many were passed over; a job that is given up always is. Neither the error's text nor any local
    variable is logged: they may hold anything, personal values included.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._quiet_until: dict[tuple[str, str], float] = {}
        self._passed_over: Counter[tuple[str, str]] = Counter()

    def __call__(self, job: Job, error: Exception) -> None:
        """One that failed, while its exception is being handled."""
        if not isinstance(error, ShopError):
            self._tell(job, type(error).__name__, trace="".join(format_tb(error.__traceback__)))
            return
        reason, now = (job.kind, error.code), self._now()
        if job.attempts < job.max_attempts and now < self._quiet_until.get(reason, now):
            self._passed_over[reason] += 1
            return
        self._quiet_until[reason] = now + _QUIET_SECONDS
        self._tell(job, error.code, passed_over=self._passed_over.pop(reason, 0))

    def _tell(self, job: Job, error: str, **details: object) -> None:
        _log.warning("job_failed", job=job.id, kind=job.kind, attempt=job.attempts, error=error, **details)
