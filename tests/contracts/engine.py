"""What the tests of the store's engine write, and the connections on which its statements fail."""

import asyncio
import resource
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from shopcore.adapters.sqlite.database import Database

_SCRATCH = "CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT"
_PUT = "INSERT INTO notes (key, body) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body"


class Notes:
    """A scratch table beside the shop's own, and the units that write into it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def put(self, key: str, body: bytes = b"") -> None:
        await self.database.write(lambda connection: connection.execute(_PUT, (key, body)))

    async def keys(self) -> list[str]:
        return await self.database.read(_keys)

    def putting(
        self, *keys: str, body: bytes = b"", error: BaseException | None = None
    ) -> Callable[[], Coroutine[Any, Any, str]]:
        """A body that writes these keys, and then raises the error if there is one."""

        async def work() -> str:
            for key in keys:
                await self.put(key, body)
            if error is not None:
                raise error
            return keys[-1]

        return work

    async def together(self, *works: Callable[[], Coroutine[Any, Any, Any]]) -> list[Any]:
        """What became of these units when they had to share their commits: the first is held up until all wait."""
        file = self.database.path
        assert isinstance(file, Path)
        with locked(file):
            tasks = [asyncio.ensure_future(self.database.run(work)) for work in works]
            await asyncio.sleep(0)  # each has been submitted now
        return await asyncio.gather(*tasks, return_exceptions=True)


def _keys(connection: sqlite3.Connection) -> list[str]:
    return [key for (key,) in connection.execute("SELECT key FROM notes ORDER BY key")]


def keys_in(path: Path) -> list[str]:
    """The keys that a stranger finds in the file."""
    with closing(sqlite3.connect(path)) as stranger:
        return _keys(stranger)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: the system refuses the write, as a disk with a fault does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Faulty(sqlite3.Connection):
    """A connection that keeps a list of what it executed, and does something else for some of it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.log: list[str] = []
        self.instead: dict[str, Callable[[sqlite3.Connection], sqlite3.Cursor]] = {}

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self.log.append(sql)
        act = next((act for start, act in self.instead.items() if sql.startswith(start)), None)
        return super().execute(sql, *values) if act is None else act(super())  # type: ignore[arg-type]

    def groups(self) -> list[int]:
        """How many units each commit had."""
        text = "|".join(self.log)
        return [group.count("SAVEPOINT unit") for group in text.split("COMMIT")[:-1] if "BEGIN" in group]


def failing(code: int) -> Callable[[sqlite3.Connection], sqlite3.Cursor]:
    """Fail as SQLite does, with this result code."""

    def act(_connection: sqlite3.Connection) -> sqlite3.Cursor:
        error = sqlite3.OperationalError("planted")
        error.sqlite_errorcode = code
        raise error

    return act


@asynccontextmanager
async def opened(path: Path | str, wait_seconds: float = 2.0) -> AsyncIterator[Notes]:
    """A database with its scratch table."""
    database = await Database.open(path, wait_seconds=wait_seconds)
    try:
        await database.write(lambda connection: connection.execute(_SCRATCH))
        yield Notes(database)
    finally:
        await database.close()


@asynccontextmanager
async def faulty(path: Path, wait_seconds: float = 2.0) -> AsyncIterator[tuple[Notes, Faulty]]:
    """A database whose writing connection can be made to fail."""
    async with opened(path):
        pass
    connection = sqlite3.connect(path, factory=Faulty, isolation_level=None, check_same_thread=False, timeout=0)
    database = Database(path, connection, wait_seconds)
    try:
        yield Notes(database), connection
    finally:
        connection.instead.clear()
        await database.close()


def spin(seconds: float) -> None:
    """Work that takes so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
