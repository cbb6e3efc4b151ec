"""How this store opens SQLite."""

import sqlite3
import threading
import time
from functools import cache
from pathlib import Path

from shopcore.adapters.sqlite.errors import is_busy, naming
from shopcore.adapters.sqlite.migrations import check, migrate
from shopcore.kernel.stores import StoreUnusable

MEMORY = ":memory:"

_START_SECONDS = 10.0  # two processes may start at once: one waits until the other has made or migrated the file
_POLL_SECONDS = 0.01
_STATEMENTS = 512  # kept parsed; all features together have fewer

_ALWAYS = """
PRAGMA foreign_keys = ON;
PRAGMA recursive_triggers = ON;
PRAGMA cache_size = -16000;
"""
# FULL: a commit that was acknowledged survives power loss, not only a crash of the process.
# journal_size_limit: after a large import the log gives its space back.
_WRITING = """
PRAGMA synchronous = FULL;
PRAGMA journal_size_limit = 67108864;
"""
# mmap_size: each commit empties the caches of readers; mapped, a page is found again without a call to the system.
# What a unit needs to be undone alone is kept in memory, not in a file beside it: from some 16 pages on (64 KB), which
# few units stay below, that halves the time for their statements. (Not while migrating, which may sort whole tables.)
_UNDOING = "PRAGMA temp_store = MEMORY"
_READING = """
PRAGMA query_only = ON;
PRAGMA busy_timeout = 2000;
PRAGMA mmap_size = 268435456;
"""


def connect(path: Path | str, *, read_only: bool = False, patience: float = _START_SECONDS) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any thread (one at a time).

    Nothing is changed in a file that is not ours. `patience` is how many seconds to wait for who holds it locked.
    Raises `StoreUnusable`, naming the file.
    """
    with naming(path):
        connection = _connect(path, read_only=read_only, patience=patience)
        try:
            connection.executescript(_ALWAYS)
            if path != MEMORY:
                connection.executescript(_READING if read_only else _WRITING)
                if not read_only:
                    check(connection)
                    _log_ahead(connection, time.monotonic() + patience)
        except BaseException:
            connection.close()
            raise
    return connection


def prepare(path: Path | str, patience: float = _START_SECONDS) -> sqlite3.Connection:
    """The connection of the writer, on a schema that is up to date. Raises `StoreUnusable`, naming the file."""
    connection = connect(path, patience=patience)
    try:
        with naming(path):
            if path == MEMORY:
                _copy_schema(connection)
            migrate(connection)
            # From here on the writer looks for the lock itself, far more often than SQLite's own handler would.
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute(_UNDOING)
            _require_writable(connection)
    except BaseException:
        connection.close()
        raise
    return connection


_copying = threading.Lock()


@cache
def _migrated() -> sqlite3.Connection:
    connection = _connect(MEMORY, read_only=False, patience=0)
    migrate(connection)
    return connection


def _copy_schema(connection: sqlite3.Connection) -> None:
    """Into a store in memory, of which a process may make thousands: taking every step takes a hundred times longer."""
    with _copying:
        _migrated().backup(connection)


def _require_writable(connection: sqlite3.Connection) -> None:
    """A file that may only be read opens well, and even begins to be written; the first buyer would find it out."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("PRAGMA user_version = 0")
    except sqlite3.OperationalError as error:
        if not is_busy(error):  # who waits for the lock may write
            raise
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _connect(path: Path | str, *, read_only: bool, patience: float) -> sqlite3.Connection:
    if path == MEMORY:
        return sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS)
    # A reader of a log-ahead file writes too, to the index of the log: `rw`, made harmless by `query_only`.
    uri = Path(path).absolute().as_uri()
    return sqlite3.connect(
        f"{uri}?mode={'rw' if read_only else 'rwc'}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )


def _log_ahead(connection: sqlite3.Connection, deadline: float) -> None:
    """Turn the write-ahead log on (sqlite.org/wal.html): it is what lets readers and the writer alone."""
    while (mode := _try_to_log_ahead(connection, deadline)) is None:
        time.sleep(_POLL_SECONDS)
    if mode != "wal":
        raise StoreUnusable("the file system cannot hold a write-ahead log")


def _try_to_log_ahead(connection: sqlite3.Connection, deadline: float) -> str | None:
    """The journal mode that the file has now; None for not yet: of two that want it, SQLite lets one not even wait."""
    try:
        mode: str = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    except sqlite3.OperationalError as error:
        if not is_busy(error) or time.monotonic() >= deadline:
            raise
        return None
    return mode
