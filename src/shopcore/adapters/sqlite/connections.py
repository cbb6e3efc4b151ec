"""How this store opens SQLite."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from shopcore.adapters.sqlite.errors import StoreUnusable, translated

MEMORY = ":memory:"

_WRITING = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA recursive_triggers = ON;
PRAGMA busy_timeout = 0;
PRAGMA cache_size = -16000;
"""
# FULL: a commit that was acknowledged survives power loss, not only a crash of the process.
# busy_timeout 0: the writer looks for the lock itself, far more often than SQLite's own handler would.

_READING = """
PRAGMA query_only = ON;
PRAGMA busy_timeout = 2000;
PRAGMA cache_size = -16000;
PRAGMA mmap_size = 268435456;
"""


def connect(path: Path | str, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any thread (one at a time). Raises `StoreUnusable`."""
    try:
        if path == MEMORY:
            connection = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
            connection.executescript("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;")
            return connection
        uri = f"file:{quote(str(path))}?mode={'rw' if read_only else 'rwc'}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=2.0)
        connection.executescript(_READING if read_only else _WRITING)
    except sqlite3.Error as error:
        raise _explained(path, error) from error
    return connection


def _explained(path: Path | str, error: sqlite3.Error) -> StoreUnusable:
    answer = translated(error)
    return StoreUnusable(f"{Path(path).name}: {answer.detail if answer else error}")
