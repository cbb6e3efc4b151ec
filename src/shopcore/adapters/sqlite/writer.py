"""The one writer: a thread that runs units of work to their end and commits them in groups.

Why a thread of its own, and each unit to its end: units interleaved on one connection destroy each other's
savepoints, and hopping threads per statement costs more than the statement. Why groups: one fsync is paid by many.
"""

import asyncio
import contextlib
import contextvars
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from shopcore.adapters.sqlite.errors import translated

MAX_UNITS = 64  # per commit: beyond that an fsync is shared well enough, and the first caller waits too long
MAX_SECONDS = 0.010  # per commit, for the same reason; and other processes get their turn
_POLL_SECONDS = 0.0005  # between looks at a lock that another process holds
_YIELD_SECONDS = 0.0015  # the lock is left free that long while others write: three of their looks
_NEIGHBOUR_SECONDS = 1.0  # how long another process counts as writing after its last commit was seen

active: contextvars.ContextVar["Unit | None"] = contextvars.ContextVar("active_unit", default=None)
"""The unit that the current code runs in; None outside of one."""


class Unit:
    """One unit of work on its way: the body, the context of its caller, and the answer it waits for."""

    __slots__ = ("after_commit", "answer", "connection", "context", "loop", "taken", "work")

    def __init__(self, work: Callable[[], Coroutine[Any, Any, Any]], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.context = contextvars.copy_context()
        self.answer: asyncio.Future[Any] = loop.create_future()
        self.taken = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.after_commit: list[Callable[[], None]] = []

    def take(self) -> bool:
        """Whoever takes it first decides: the writer runs it, or the caller has given up waiting."""
        return self.taken.acquire(blocking=False)

    def run(self, connection: sqlite3.Connection) -> Any:
        """Step the body to its end on this connection; one that suspends has awaited something else: an error."""
        self.connection = connection
        self.after_commit = []
        active.set(self)
        body = self.work()
        try:
            body.send(None)
        except StopIteration as end:
            return end.value
        body.close()
        raise RuntimeError("a unit of work awaited something that is not the store")


class Outcome:
    """What became of a unit within its group, until the commit decides."""

    __slots__ = ("error", "unit", "value")

    def __init__(self, unit: Unit, value: Any = None, error: BaseException | None = None) -> None:
        self.unit = unit
        self.value = value
        self.error = error

    def deliver(self) -> None:
        """Wake the caller; runs in its event loop. One that was cancelled meanwhile is not there to be told."""
        if self.error is None:
            for callback in self.unit.after_commit:
                callback()
        if self.unit.answer.done():
            return
        if self.error is None:
            self.unit.answer.set_result(self.value)
        else:
            self.unit.answer.set_exception(self.error)


def announce(outcomes: list[Outcome]) -> None:
    """Wake all callers of a group, with one signal to each event loop rather than one to each caller."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.unit.loop, []).append(outcome)
    for loop, group in by_loop.items():
        # A loop that was closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_deliver_all, group)


def _deliver_all(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        outcome.deliver()


class Writer:
    """Owns the writing connection. `submit` from any thread; `close` finishes what was submitted."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.Lock, wait_seconds: float) -> None:
        self._connection = connection
        self._lock = lock
        self._wait_seconds = wait_seconds
        self._units: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._seen_version = self._data_version()
        self._neighbour_until = 0.0
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, unit: Unit) -> None:
        """Queue a unit; its answer is set after the commit. A caller that gives up takes it back."""
        self._units.put(unit)

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._units.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._units.get()) is not None:
            if not self._commit_group(first):
                break

    def _commit_group(self, first: Unit) -> bool:
        """Run and commit one group; False when the queue ended within it."""
        with self._lock:
            try:
                self._begin()
            except sqlite3.Error as error:
                return self._refuse(first, error)
            outcomes: list[Outcome] = []
            more = self._collect(first, outcomes)
            self._settle(outcomes)
        announce(outcomes)
        self._make_room()
        return more

    def _collect(self, first: Unit, outcomes: list[Outcome]) -> bool:
        deadline = time.monotonic() + MAX_SECONDS
        unit: Unit | None = first
        while unit is not None:
            if unit.take():
                outcomes.append(self._attempt(unit))
            if not self._connection.in_transaction:
                return self._rerun(outcomes)
            if len(outcomes) >= MAX_UNITS or time.monotonic() >= deadline:
                return True
            try:
                unit = self._units.get_nowait()
            except queue.Empty:
                return True
        return False

    def _attempt(self, unit: Unit) -> Outcome:
        connection = self._connection
        connection.execute("SAVEPOINT unit")
        try:
            value = unit.context.copy().run(unit.run, connection)
            connection.execute("RELEASE unit")
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller, not to this thread
            if connection.in_transaction:
                connection.execute("ROLLBACK TO unit")
                connection.execute("RELEASE unit")
            return Outcome(unit, error=_in_our_words(error))
        return Outcome(unit, value)

    def _rerun(self, outcomes: list[Outcome]) -> bool:
        """SQLite rolled everything back (disk full, I/O error): run each unit again, in a transaction of its own.

        The one that caused it keeps its error; the others have lost their writes with it, and get another chance.
        """
        for index, outcome in enumerate(outcomes[:-1]):
            if outcome.error is None:
                outcomes[index] = self._alone(outcome.unit)
        return True

    def _alone(self, unit: Unit) -> Outcome:
        try:
            self._begin()
            outcome = self._attempt(unit)
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._abandon()
            return Outcome(unit, error=_in_our_words(error))
        return outcome

    def _settle(self, outcomes: list[Outcome]) -> None:
        """Make the group durable; if that fails, nobody's writes happened."""
        if not self._connection.in_transaction:
            return
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._abandon()
            for outcome in outcomes:
                outcome.error = outcome.error or _in_our_words(error)

    def _abandon(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _begin(self) -> None:
        """Take the write lock, looking again and again for as long as a write may wait."""
        deadline = time.monotonic() + self._wait_seconds
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() >= deadline:
                    raise
                self._neighbour_until = time.monotonic() + _NEIGHBOUR_SECONDS
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _refuse(self, first: Unit, error: sqlite3.Error) -> bool:
        """No transaction could be begun: everybody who waits hears it now, rather than one after the other."""
        refused: list[Outcome] = []
        unit: Unit | None = first
        while unit is not None:
            if unit.take():
                refused.append(Outcome(unit, error=_in_our_words(error)))
            try:
                unit = self._units.get_nowait()
            except queue.Empty:
                break
        announce(refused)
        return unit is not None

    def _make_room(self) -> None:
        """Leave the lock free for a moment while another process writes too, or it would wait for a chance gap."""
        version = self._data_version()
        now = time.monotonic()
        if version != self._seen_version:
            self._seen_version = version
            self._neighbour_until = now + _NEIGHBOUR_SECONDS
        if now < self._neighbour_until:
            time.sleep(_YIELD_SECONDS)

    def _data_version(self) -> int:
        """SQLite's counter of commits by other connections (pragma data_version)."""
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version


def _in_our_words(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.Error):
        return translated(error) or error
    return error
