"""The one writer: a thread that runs units of work to their end and commits them in groups.

Why a thread of its own, and each unit to its end: units interleaved on one connection destroy each other's
savepoints, and hopping threads per statement costs more than the statement. Why groups: one fsync is paid by many.
"""

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from shopcore.adapters.sqlite.errors import CLOSED, is_busy, translated
from shopcore.adapters.sqlite.units import Outcome, Unit, announce
from shopcore.kernel.stores import StoreUnusable

T = TypeVar("T")

MAX_UNITS = 64  # per commit: beyond that an fsync is shared well enough, and the first caller waits too long
MAX_SECONDS = 0.010  # per commit, for the same reason; and other processes get their turn
_POLL_SECONDS = 0.0005  # between looks at a lock that another process holds
_YIELD_SECONDS = 0.0015  # the lock is left free that long while others write: three of their looks
_NEIGHBOUR_SECONDS = 1.0  # how long another process counts as writing after its last commit was seen


class Writer:
    """Owns the writing connection. `submit` from any thread; `close` finishes what was submitted."""

    def __init__(self, connection: sqlite3.Connection, turn: threading.Lock) -> None:
        """`turn` is held while a group is under way."""
        self._connection = connection
        self._turn = turn
        self._units: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._current: Unit | None = None
        self._seen_version = self._data_version()
        self._neighbour_until = 0.0
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()
        self._ident = self._thread.ident

    def submit(self, unit: Unit) -> None:
        """Queue a unit; its answer is set after the commit. Raises `StoreUnusable` once the writer is closed."""
        with self._closing:
            if self._closed:
                raise StoreUnusable(CLOSED)
            self._units.put(unit)

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._units.put(None)
        self._thread.join()

    @property
    def current(self) -> Unit | None:
        """The unit that the calling code is part of: a unit runs on the writer's thread from beginning to end.

        Not a context variable: what a unit hands to its event loop would inherit that, and run beside the unit.
        """
        return self._current if threading.get_ident() == self._ident else None

    def perform(self, statement: Callable[[sqlite3.Connection], T]) -> T:
        """Run a statement of the unit in progress."""
        if not self._connection.in_transaction:
            # In autocommit mode each further statement would be kept, whatever becomes of the unit.
            raise StoreUnusable("the transaction was rolled back")
        return statement(self._connection)

    def _run(self) -> None:
        while (unit := self._units.get()) is not None:
            self._commit_group(unit)

    def _commit_group(self, first: Unit) -> None:
        outcomes: list[Outcome] = []
        with self._turn:
            try:
                self._begin(first)
                self._collect(first, outcomes)
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")
                else:
                    self._rerun(outcomes)
            except BaseException as error:  # noqa: BLE001 - whatever it is, callers wait and this thread must go on
                self._abandon()
                if first.take():
                    outcomes.append(Outcome(first))
                for outcome in outcomes:
                    outcome.refuse(error)
        announce(outcomes)
        if time.monotonic() < self._neighbour_until:
            # Leave the lock free for a moment while another process writes too, or it would wait for a chance gap.
            time.sleep(_YIELD_SECONDS)

    def _collect(self, first: Unit, outcomes: list[Outcome]) -> None:
        """Run units, as many as one commit takes, until nobody waits or SQLite has rolled everything back."""
        deadline = time.monotonic() + MAX_SECONDS
        unit: Unit | None = first
        while unit is not None:
            if unit.take():
                outcomes.append(Outcome(unit))
                self._attempt(outcomes[-1])
            is_over = not self._connection.in_transaction
            unit = None if is_over or len(outcomes) >= MAX_UNITS or time.monotonic() >= deadline else self._next()

    def _next(self) -> Unit | None:
        """The next that waits, if one does. The mark of the end goes back: nothing was queued after it."""
        try:
            unit = self._units.get_nowait()
        except queue.Empty:
            return None
        if unit is None:
            self._units.put(None)
        return unit

    def _attempt(self, outcome: Outcome) -> None:
        """Run one unit within the transaction; if it fails, undo it and nothing else."""
        connection = self._connection
        connection.execute("SAVEPOINT unit")
        self._current = outcome.unit
        try:
            outcome.value = outcome.unit.run()
            self.perform(_release)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller, not to this thread
            if connection.in_transaction:
                connection.execute("ROLLBACK TO unit")
                connection.execute("RELEASE unit")
            outcome.error = translated(error)
        finally:
            self._current = None

    def _rerun(self, outcomes: list[Outcome]) -> None:
        """SQLite rolled everything back by itself (disk full, I/O error), and the last unit was the cause.

        That one keeps its error. The others have lost their writes with it, or were refused because of writes that
        are lost, and get another chance: each in a transaction of its own, since it may happen again.
        """
        for outcome in outcomes[:-1]:
            outcome.error = None
            try:
                self._begin(outcome.unit)
                self._attempt(outcome)
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")
            except BaseException as error:  # noqa: BLE001 - as above
                self._abandon()
                outcome.refuse(error)

    def _abandon(self) -> None:
        # What went wrong before is what callers hear. Should this fail too, the next BEGIN says that it did.
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _begin(self, unit: Unit) -> None:
        """Take the write lock, looking again and again for as long as this unit may wait."""
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() >= unit.deadline:
                    raise
                self._neighbour_until = time.monotonic() + _NEIGHBOUR_SECONDS
                time.sleep(_POLL_SECONDS)
            else:
                break
        version = self._data_version()
        if version != self._seen_version:
            self._seen_version = version
            self._neighbour_until = time.monotonic() + _NEIGHBOUR_SECONDS

    def _data_version(self) -> int:
        """SQLite's counter of commits by other connections (pragma data_version)."""
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version


def _release(connection: sqlite3.Connection) -> None:
    connection.execute("RELEASE unit")
