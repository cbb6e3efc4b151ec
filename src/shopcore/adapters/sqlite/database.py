"""The embedded store: one SQLite file (or memory), one writer, readers that never block it."""

import asyncio
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from shopcore.adapters.sqlite.connections import MEMORY, connect, prepare
from shopcore.adapters.sqlite.errors import CLOSED, translated
from shopcore.adapters.sqlite.units import Unit
from shopcore.adapters.sqlite.writer import Writer
from shopcore.kernel.deadline import seconds_left
from shopcore.kernel.stores import StoreBusy, StoreUnusable
from shopcore.kernel.unit_of_work import Work

T = TypeVar("T")

_SWITCH_SECONDS = 0.001
"""The writer's thread lets go of the interpreter at every statement, and waits for a busy event loop to give it back
for as long as the interpreter's switch interval: with CPython's 5 ms, checkouts were three times slower (decision
0011)."""

_READERS = 2  # threads for listings and searches; more would only wait for the interpreter


class Database:
    """Made by `Database.open`, ended by `close`. Repositories are thin classes over `read`, `scan` and `write`.

    Inside a unit of work all three run at once on the writing connection, so they see the unit's own writes. All raise
    `StoreUnusable` when the file, the disk or another process does not let them.
    """

    def __init__(self, path: Path | str, writing: sqlite3.Connection, wait_seconds: float) -> None:
        # Readers open the file later, when the working folder may be another.
        self.path = path if path == MEMORY else Path(path).absolute()
        self._wait_seconds = wait_seconds
        # In memory there is one connection for all, so reading and writing take turns; a file needs no such lock.
        self._shared = threading.Lock() if path == MEMORY else None
        self._reading = writing if self._shared else connect(self.path, read_only=True)
        self._writing = writing
        self._readers = ThreadPoolExecutor(_READERS, "sqlite-reader")
        self._reader = threading.local()
        self._reader_connections: list[sqlite3.Connection] = []
        self._is_open = True
        self._writer = Writer(writing, self._shared or threading.Lock())

    @classmethod
    async def open(cls, path: Path | str = MEMORY, *, wait_seconds: float = 2.0) -> "Database":
        """Open or create the file and bring its schema up to date.

        A write waits `wait_seconds` for its turn, or until the deadline of its request. Raises `StoreUnusable`,
        naming the file, and says why.
        """

        def opened() -> "Database":
            writing = prepare(path)
            try:
                return cls(path, writing, wait_seconds)
            except BaseException:
                writing.close()
                raise

        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
        return await asyncio.to_thread(opened)

    async def close(self) -> None:
        """Finish what was submitted, and let go of the file; whatever comes later is refused."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._is_open = False
        self._readers.shutdown()
        # The last one writes the log back into the file, which takes a while: the one that may write.
        for connection in (*self._reader_connections, self._reading, self._writing):
            connection.close()

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run one look-up by key, right here: it takes microseconds, a thread would take longer to be asked.

        A query of several statements belongs into `scan`, which shows it one state of the store.
        """
        if self._writer.current is not None:
            return self._writer.perform(query)
        return self._inline(query)

    async def scan(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a listing or a search on a reader thread, so that nobody waits for it but its caller.

        However many statements it takes, they see one state of the store.
        """
        if self._writer.current is not None:
            return self._writer.perform(query)
        self._require_open()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._scan, query)

    async def write(self, statement: Callable[[sqlite3.Connection], T]) -> T:
        """Run a statement in the unit in progress, or as a unit of its own."""
        if self._writer.current is not None:
            return self._writer.perform(statement)

        async def alone() -> T:
            return self._writer.perform(statement)

        return await self.run(alone)

    async def run(self, work: Work[T]) -> T:
        """Run a unit of work; see `shopcore.kernel.unit_of_work.UnitOfWork`."""
        if self._writer.current is not None:
            return await work()
        loop, wait = asyncio.get_running_loop(), seconds_left(self._wait_seconds, time.monotonic())
        if not wait:
            raise StoreBusy
        unit = Unit(work, loop, wait)
        self._writer.submit(unit)
        giving_up = loop.call_later(wait, unit.give_up)
        try:
            value: T = await unit.answer
        finally:
            giving_up.cancel()
            unit.take()  # a caller that was cancelled while it queued does not want it run any more
        return value

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this, in the event loop of the unit in progress, once it is durable; dropped if it is undone."""
        unit = self._writer.current
        if unit is None:
            raise RuntimeError("after_commit is for code inside a unit of work")
        unit.after_commit.append(callback)

    def _inline(self, query: Callable[[sqlite3.Connection], T]) -> T:
        self._require_open()
        try:
            if self._shared is None:
                return query(self._reading)
            with self._shared:
                return query(self._reading)
        except sqlite3.Error as error:
            _raise_translated(error)

    def _scan(self, query: Callable[[sqlite3.Connection], T]) -> T:
        if self._shared is not None:
            return self._inline(query)
        connection: sqlite3.Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = connect(self.path, read_only=True)
            self._reader_connections.append(connection)
        try:
            return _in_snapshot(connection, query)
        except sqlite3.Error as error:
            _raise_translated(error)

    def _require_open(self) -> None:
        if not self._is_open:
            raise StoreUnusable(CLOSED)


def _raise_translated(error: sqlite3.Error) -> NoReturn:
    answer = translated(error)
    if answer is error:
        raise error
    raise answer from error


def _in_snapshot(connection: sqlite3.Connection, query: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN")
    try:
        return query(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


class SqliteUnitOfWork:
    """The unit of work of the embedded store: many share one commit, and each is undone alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, work: Work[T]) -> T:
        """See the port."""
        return await self._database.run(work)

    async def in_order(self, *works: Work[Any]) -> None:
        """All of them in one transaction."""

        async def all_of_them() -> None:
            for work in works:
                await work()

        await self._database.run(all_of_them)
