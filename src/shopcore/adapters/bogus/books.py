"""The pretend bank's own database: its own file, its own thread, its own transactions."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from shopcore.payments.errors import GatewayUnavailable

T = TypeVar("T")

MEMORY = ":memory:"
_SCHEMA = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
_BUSY_SECONDS = 5.0
_STARTING_AT_ONCE = 20


class Books:
    """One connection in a thread of its own. `path` is a file that all processes of the shop share, or `:memory:`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bogus")
        self._connection: sqlite3.Connection | None = None

    async def write(self, statement: Callable[[sqlite3.Connection], T]) -> T:
        """Run `statement` in one transaction. Raises `GatewayUnavailable` when the file does not take it."""
        return await self._in_thread(lambda: self._in_transaction(statement))

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run `query`, one statement that changes nothing. Raises `GatewayUnavailable`."""
        return await self._in_thread(lambda: query(self._open()))

    async def close(self) -> None:
        """Give the file back. A call that is under way ends first."""
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.OperationalError as error:
            raise GatewayUnavailable("bogus") from error

    def _in_transaction(self, statement: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = statement(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return result

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connect(path: str) -> sqlite3.Connection:
    """NORMAL is safe when a process is killed; only a power cut may lose the last charges of a pretend bank."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Changing the mode does not wait for a lock, so of processes that start at once the later ones wait here."""
    for _ in range(_STARTING_AT_ONCE):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")
