"""The pretend bank's own database: its own file, its own thread, its own transactions."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from shopcore.payments.errors import GatewayUnavailable

T = TypeVar("T")
Statement: TypeAlias = Callable[[sqlite3.Connection], Any]

MEMORY = ":memory:"
_SCHEMA = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
# Books of an earlier version do not say when money was given back.
_OLD_REFUNDS = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pragma_table_info('refunds') WHERE name = 'at')"
_TIME_OF_REFUNDS = "ALTER TABLE refunds ADD COLUMN at INTEGER NOT NULL DEFAULT 0"
_BUSY_SECONDS = 5.0
_STARTING_AT_ONCE = 20


class _Entry:
    """A statement on its way into the books, what came of it, and the caller that waits to hear."""

    def __init__(self, statement: Statement, loop: asyncio.AbstractEventLoop) -> None:
        self.statement = statement
        self.told: asyncio.Future[Any] = loop.create_future()
        self.value: object = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        """Runs in the caller's event loop. A caller that was cancelled meanwhile is not there to be told."""
        if self.told.done():
            return
        if self.error is None:
            self.told.set_result(self.value)
        else:
            self.told.set_exception(self.error)


class Books:
    """One connection in a thread of its own. `path` is a file that all processes of the shop share, or `:memory:`.

    Those who write at the same moment share a transaction, and the way to the thread and back.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._waiting: dict[asyncio.AbstractEventLoop, list[_Entry]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bogus")
        self._connection: sqlite3.Connection | None = None

    async def write(self, statement: Callable[[sqlite3.Connection], T]) -> T:
        """Run `statement` in a transaction, wholly or not at all; it may be run again after others spoiled the first.

        Raises `GatewayUnavailable` when the file does not take it.
        """
        loop = asyncio.get_running_loop()
        entry = _Entry(statement, loop)
        waiting = self._waiting.setdefault(loop, [])
        waiting.append(entry)
        if len(waiting) == 1:
            loop.call_soon(self._hand_over, loop)  # whoever else is ready to write has come by then
        try:
            value: T = await entry.told
        except sqlite3.OperationalError as error:
            raise GatewayUnavailable("bogus") from error
        return value

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

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        entries = self._waiting.pop(loop)
        try:
            self._thread.submit(self._write, loop, entries)
        except RuntimeError as error:  # the books are closed
            for entry in entries:
                entry.error = error
                entry.tell()

    def _write(self, loop: asyncio.AbstractEventLoop, entries: Sequence[_Entry]) -> None:
        """All of them in one transaction; where one is refused, each in its own."""
        if not self._were_written(entries) and len(entries) > 1:
            for entry in entries:
                self._were_written([entry])
        with contextlib.suppress(RuntimeError):  # a loop that was closed has nobody left who waits
            loop.call_soon_threadsafe(_tell_all, entries)

    def _were_written(self, entries: Sequence[_Entry]) -> bool:
        def statements(connection: sqlite3.Connection) -> None:
            for entry in entries:
                entry.value = entry.statement(connection)

        try:
            self._in_transaction(statements)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the caller, not to this thread
            for entry in entries:
                entry.error = error
            return False
        for entry in entries:
            entry.error = None
        return True

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


def _tell_all(entries: Sequence[_Entry]) -> None:
    for entry in entries:
        entry.tell()


def _connect(path: str) -> sqlite3.Connection:
    """NORMAL is safe when a process is killed; only a power cut may lose the last charges of a pretend bank."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute(_OLD_REFUNDS).fetchone():
            connection.execute(_TIME_OF_REFUNDS)
        connection.execute("COMMIT")
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
