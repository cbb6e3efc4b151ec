"""Whether the store has answered: what tells a call that ran out of its own time from a store that is gone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pymongo
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

LEAST_SHARE = 0.25  # of the time that a call may take: enough for one that is not in trouble


class Asking:
    """One call, or one unit over all its tries."""

    def __init__(self, seconds: float) -> None:
        self._enough = seconds * LEAST_SHARE
        self._since = time.monotonic()
        self._is_answered = False

    def begin(self) -> None:
        """From here on it is the store that is waited for; before it may have been a turn, or another's transaction."""
        self._since = time.monotonic()

    def hear(self) -> None:
        """The store has answered one of its statements."""
        self._is_answered = True

    @property
    def found_silence(self) -> bool:
        """Whether nothing came back although there was time for it."""
        return not self._is_answered and time.monotonic() - self._since >= self._enough


class Answers(CommandListener):
    """Hears every answer, also those between the statements of one step. The driver tells it in the task that asked."""

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing yet."""

    def succeeded(self, event: CommandSucceededEvent) -> None:  # noqa: ARG002 - that it came is all there is to it
        """Somebody is there."""
        asking = _current.get()
        if asking is not None:
            asking.hear()

    def failed(self, event: CommandFailedEvent) -> None:
        """What the server refuses is raised as such; what was lost is no answer."""


_current: ContextVar[Asking | None] = ContextVar("mongo_asking", default=None)


@contextmanager
def asking(seconds: float) -> Iterator[Asking]:
    """Around one call, or all tries of a unit, that may take so long."""
    asked = Asking(seconds)
    token = _current.set(asked)
    try:
        yield asked
    finally:
        _current.reset(token)


@contextmanager
def asking_within(seconds: float) -> Iterator[None]:
    """Around one call, which the driver ends after so long."""
    with asking(seconds), pymongo.timeout(seconds):
        yield


def is_answering() -> bool:
    """Whether the call in progress has no reason to hold the store for gone. Without one, nobody can tell."""
    asked = _current.get()
    return asked is not None and not asked.found_silence


def begin_asking() -> None:
    """A try of the call in progress begins."""
    asked = _current.get()
    if asked is not None:
        asked.begin()
