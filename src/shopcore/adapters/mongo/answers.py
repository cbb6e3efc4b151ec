"""What the store has answered: tells a call that ran out of its own time from a store that is gone, and one that wrote
nothing from one of which nobody knows.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pymongo
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable

LEAST_SHARE = 0.25  # of the time that a call may take: enough for one that is not in trouble

_PARTS = {"insert": "documents", "update": "updates", "delete": "deletes"}
_WRITES = frozenset({*_PARTS, "findAndModify"})

_REFUSED = frozenset({24, 112, 10107, 11000, 13435})
"""LockTimeout, WriteConflict, NotWritablePrimary, DuplicateKey and NotPrimaryNoSecondaryOk
(mongodb.com/docs/manual/reference/error-codes): a statement of one document has written nothing then. One of several
may have written those before.
"""


class Asking:
    """One call, or one unit over all its tries."""

    def __init__(self, seconds: float) -> None:
        self._enough = seconds * LEAST_SHARE
        self._since = time.monotonic()
        self._is_answered = False
        self._has_written = False
        self._unanswered: dict[int, bool] = {}  # the writes, and whether each is of one document at most

    def begin(self) -> None:
        """From here on it is the store that is waited for; before it may have been a turn, or another's transaction."""
        self._since = time.monotonic()

    def send(self, number: int, name: str, command: Mapping[str, Any]) -> None:
        """A statement goes out; there may be several at once."""
        if name in _WRITES:
            self._unanswered[number] = _is_of_one(name, command)

    def hear(self, number: int, reply: Mapping[str, Any]) -> None:
        """The store has answered one of its statements; whether that has written nothing, its answer says."""
        self._is_answered = True
        if number in self._unanswered:
            del self._unanswered[number]
            self._has_written |= bool(_written_by(reply)) or "writeConcernError" in reply

    def be_refused(self, number: int, failure: Mapping[str, Any]) -> None:
        """One of its statements was not done: the server says so, unless the driver does, who has only lost it."""
        if failure.get("code") in _REFUSED and "writeConcernError" not in failure and self._unanswered.get(number):
            del self._unanswered[number]

    @property
    def may_have_written(self) -> bool:
        """Whether a statement has written something, or nobody knows whether it has."""
        return self._has_written or bool(self._unanswered)

    @property
    def found_silence(self) -> bool:
        """Whether nothing came back although there was time for it."""
        return not self._is_answered and time.monotonic() - self._since >= self._enough


def _written_by(reply: Mapping[str, Any]) -> int:
    """How many documents a statement has written: `findAndModify` says so by what it found."""
    found = reply.get("lastErrorObject", reply)
    return int(found.get("n", 0))


def _is_of_one(name: str, command: Mapping[str, Any]) -> bool:
    """Whether it writes one document at most, and so the whole of it or nothing."""
    parts = command.get(_PARTS.get(name, ""))
    if parts is None:
        return True
    if len(parts) != 1:
        return not parts
    return not parts[0].get("multi") and parts[0].get("limit") != 0


class Answers(CommandListener):
    """Hears every answer, also those between the statements of one step. The driver tells it in the task that asked."""

    def started(self, event: CommandStartedEvent) -> None:
        """From here on it may be there, whatever becomes of its answer."""
        asking = _current.get()
        if asking is not None:
            asking.send(event.request_id, event.command_name, event.command)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Somebody is there."""
        asking = _current.get()
        if asking is not None:
            asking.hear(event.request_id, event.reply)

    def failed(self, event: CommandFailedEvent) -> None:
        """What was lost is no answer; what was refused is one."""
        asking = _current.get()
        if asking is not None:
            asking.be_refused(event.request_id, event.failure)


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
def asking_within(seconds: float) -> Iterator[Asking]:
    """Around one call, which the driver ends after so long."""
    with asking(seconds) as asked, pymongo.timeout(seconds):
        yield asked


@contextmanager
def admitting(asked: Asking) -> Iterator[None]:
    """Around statements that belong to no transaction: who was told that nothing was written would make them anew."""
    try:
        yield
    except (StoreBusy, StoreUnreachable) as error:
        if asked.may_have_written:
            raise StoreUndecided from error
        raise


def is_answering() -> bool:
    """Whether the call in progress has no reason to hold the store for gone. Without one, nobody can tell."""
    asked = _current.get()
    return asked is not None and not asked.found_silence


def begin_asking() -> None:
    """A try of the call in progress begins."""
    asked = _current.get()
    if asked is not None:
        asked.begin()
