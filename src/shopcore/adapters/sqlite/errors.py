"""SQLite's own errors, in the shop's words."""

import sqlite3

from shopcore.kernel.errors import Unavailable

RETRY_AFTER = 1.0
"""Seconds: by then a busy writer has finished, and a full disk has been looked at."""


class StoreUnusable(Unavailable):
    """The database file cannot be opened or written: what is wrong with it, and what to do."""

    code = "store_unusable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=RETRY_AFTER)


class StoreBusy(Unavailable):
    """A write waited too long for its turn; nothing was written."""

    code = "store_busy"

    def __init__(self) -> None:
        super().__init__("the store is busy", retry_after=RETRY_AFTER)


_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the database file or its folder is read-only",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened or created",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged; restore a backup",
    sqlite3.SQLITE_IOERR: "the disk reported an error",
    sqlite3.SQLITE_PERM: "the database file may not be accessed",
    sqlite3.SQLITE_NOMEM: "the machine is out of memory",
    sqlite3.SQLITE_BUSY: "another process holds the database locked",
    sqlite3.SQLITE_LOCKED: "another process holds the database locked",
}
"""Primary result codes (sqlite.org/rescode.html) that speak of the file, not of a statement."""


def translated(error: sqlite3.Error) -> Unavailable | None:
    """What an error of the file means; None for an error of a statement, which is a bug or a constraint."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusy()
    reason = _REASONS.get(primary)
    return None if reason is None else StoreUnusable(reason)
