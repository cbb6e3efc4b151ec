"""Until when an answer is of use to who asked: said once, where a request or a job begins, heard wherever one waits.

Moments are on the clock that `time.monotonic` shows, and come in as arguments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_until: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def until(moment: float) -> Iterator[None]:
    """What is done inside is of use until then; an earlier deadline around it stays."""
    before = _until.get()
    token = _until.set(moment if before is None else min(before, moment))
    try:
        yield
    finally:
        _until.reset(token)


def seconds_left(own: float, now: float) -> float:
    """How long to wait for something that is waited for `own` seconds at most: not beyond the deadline. 0 if that has
    passed.
    """
    moment = _until.get()
    return own if moment is None else max(min(own, moment - now), 0.0)
