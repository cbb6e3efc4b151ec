"""SQLite's own errors, in the shop's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopcore.kernel.stores import StoreBusy, StoreUnusable

CLOSED = "the store is closed"
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the database file or its folder is read-only",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened or created",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged; restore a backup",
    sqlite3.SQLITE_IOERR: "the disk reported an error",
    sqlite3.SQLITE_PERM: "the database file may not be accessed",
}
"""Primary result codes (sqlite.org/rescode.html) that speak of the file, not of a statement."""


def primary_code(error: BaseException) -> int | None:
    """The kind of result that SQLite gave, without its shades; None if the error is not SQLite's own."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def is_busy(error: BaseException) -> bool:
    """Whether somebody else holds the lock, so that the same may succeed a moment later."""
    return primary_code(error) in _BUSY


def translated(error: BaseException) -> BaseException:
    """What an error of the file means to the shop; any other (a constraint, a bug) is given back unchanged."""
    answer = StoreBusy() if is_busy(error) else _unusable(error)
    if answer is None:
        return error
    answer.__cause__ = error
    return answer


def _unusable(error: BaseException) -> StoreUnusable | None:
    reason = _REASONS.get(primary_code(error) or 0)
    return None if reason is None else StoreUnusable(reason)


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Raise whatever goes wrong with this file as a `StoreUnusable` that begins with its name."""
    name = Path(path).name
    try:
        yield
    except StoreUnusable as error:
        raise StoreUnusable(f"{name}: {error.detail}") from error
    except sqlite3.Error as error:
        raise StoreUnusable(f"{name}: {_reason(Path(path), error)}") from error
    except OSError as error:
        raise StoreUnusable(f"{name}: {error.strerror or error}") from error


def _reason(path: Path, error: sqlite3.Error) -> str:
    if is_busy(error):
        return "another process holds the database locked"
    if primary_code(error) == sqlite3.SQLITE_CANTOPEN and not path.parent.is_dir():
        return f"the folder {path.parent.name} does not exist"
    return _REASONS.get(primary_code(error) or 0, str(error))
