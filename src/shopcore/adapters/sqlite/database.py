"""The embedded store: one SQLite file (or memory), one writer, readers that never block it."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from shopcore.adapters.sqlite.connections import MEMORY, connect
from shopcore.adapters.sqlite.errors import StoreBusy
from shopcore.adapters.sqlite.migrations import migrate
from shopcore.adapters.sqlite.writer import Unit, Writer, active
from shopcore.kernel.unit_of_work import Work

T = TypeVar("T")

_SWITCH_SECONDS = 0.001
"""The writer's thread lets go of the interpreter at every statement, and waits for a busy event loop to give it back for
as long as the interpreter's switch interval: with CPython's 5 ms, checkouts were three times slower (decision 0011)."""

_READERS = 2  # threads for listings and searches; more would only wait for the interpreter


class Database:
    """Made by `Database.open`, ended by `close`. Repositories are thin classes over `read`, `scan` and `write`.

    Inside a unit of work all three run at once on the writing connection, so they see the unit's own writes.
    """

    def __init__(self, path: Path | str, writing: sqlite3.Connection, wait_seconds: float) -> None:
        self.path = path
        self._wait_seconds = wait_seconds
        # In memory there is one connection for all, so reading and writing take turns; a file needs no such lock.
        self._shared = threading.Lock() if path == MEMORY else None
        self._reading = writing if self._shared else connect(path, read_only=True)
        self._writing = writing
        self._readers = ThreadPoolExecutor(_READERS, "sqlite-reader")
        self._reader = threading.local()
        self._reader_connections: list[sqlite3.Connection] = []
        self._writer = Writer(writing, self._shared or threading.Lock(), wait_seconds)

    @classmethod
    async def open(cls, path: Path | str = MEMORY, *, wait_seconds: float = 2.0) -> "Database":
        """Open or create the file and bring its schema up to date. Raises `StoreUnusable` and says why."""

        def prepare() -> sqlite3.Connection:
            connection = connect(path)
            migrate(connection)
            return connection

        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
        return cls(path, await asyncio.to_thread(prepare), wait_seconds)

    async def close(self) -> None:
        """Finish what was submitted, and let go of the file."""
        await asyncio.to_thread(self._writer.close)
        self._readers.shutdown()
        for connection in {self._reading, self._writing, *self._reader_connections}:
            connection.close()

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a look-up by key, right here: it takes microseconds, a thread would take longer to be asked."""
        unit = active.get()
        if unit is not None and unit.connection is not None:
            return query(unit.connection)
        if self._shared is None:
            return query(self._reading)
        with self._shared:
            return query(self._reading)

    async def scan(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a listing or a search on a reader thread, so that nobody waits for it but its caller."""
        unit = active.get()
        if unit is not None and unit.connection is not None:
            return query(unit.connection)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._scan, query)

    async def write(self, statement: Callable[[sqlite3.Connection], T]) -> T:
        """Run a statement in the unit in progress, or as a unit of its own."""
        unit = active.get()
        if unit is not None and unit.connection is not None:
            return statement(unit.connection)

        async def alone() -> T:
            return await self.write(statement)

        return await self.run(alone)

    async def run(self, work: Work[T]) -> T:
        """Run a unit of work; see `shopcore.kernel.unit_of_work.UnitOfWork`."""
        if active.get() is not None:
            return await work()
        loop = asyncio.get_running_loop()
        unit = Unit(work, loop)
        self._writer.submit(unit)
        giving_up = loop.call_later(self._wait_seconds, _give_up, unit)
        try:
            value: T = await unit.answer
        finally:
            giving_up.cancel()
            unit.take()  # a caller that was cancelled while it queued does not want it run any more
        return value

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this, from the writer's thread, once the unit in progress is durable; dropped if it is undone."""
        unit = active.get()
        if unit is None:
            raise RuntimeError("after_commit is for code inside a unit of work")
        unit.after_commit.append(callback)

    def _scan(self, query: Callable[[sqlite3.Connection], T]) -> T:
        if self._shared is not None:
            with self._shared:
                return query(self._reading)
        connection: sqlite3.Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = connect(self.path, read_only=True)
            self._reader_connections.append(connection)
        return query(connection)


def _give_up(unit: Unit) -> None:
    """A unit that has begun is waited for to its end; one still in the queue is taken back."""
    if unit.take() and not unit.answer.done():
        unit.answer.set_exception(StoreBusy())


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
