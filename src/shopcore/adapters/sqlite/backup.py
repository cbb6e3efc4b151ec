"""A copy of the shop's file, taken while it sells, and proven readable."""

import sqlite3
from pathlib import Path

from shopcore.adapters.sqlite.connections import connect
from shopcore.adapters.sqlite.errors import StoreUnusable, translated
from shopcore.adapters.sqlite.migrations import check

_PAGES_AT_ONCE = 1_000  # about 4 MB: the copy leaves the file alone between two steps, so that writers get through


def back_up(source: Path, target: Path) -> int:
    """Copy the file by SQLite's online backup API (sqlite.org/backup.html), then check the copy; answers its bytes.

    The target appears whole or not at all. Raises `StoreUnusable` if either cannot be read or written, and rather than
    overwrite anything.
    """
    _refuse_to_overwrite(target)
    draft = target.with_name(f"{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        reading = connect(source, read_only=True)
        writing = sqlite3.connect(draft)
        try:
            reading.backup(writing, pages=_PAGES_AT_ONCE)
            writing.execute("PRAGMA journal_mode = DELETE")
        finally:
            writing.close()
            reading.close()
        verify(draft)
        draft.replace(target)
    except sqlite3.Error as error:
        raise _explained(target, error) from error
    except OSError as error:
        raise StoreUnusable(f"{target.name}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)  # half a copy would be in the way, most of all on a disk that is full
    return target.stat().st_size


def verify(path: Path) -> None:
    """Read every page of a shop's file. Raises `StoreUnusable` if it is damaged or not ours."""
    connection = connect(path, read_only=True)
    try:
        check(connection)
        problems = [row[0] for row in connection.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    except sqlite3.Error as error:
        raise _explained(path, error) from error
    finally:
        connection.close()
    if problems:
        raise StoreUnusable(f"{path.name} is damaged: {problems[0]}")


def restore(backup: Path, target: Path) -> None:
    """Put a verified copy of the backup where no shop's file is. Raises `StoreUnusable` rather than overwrite one."""
    _refuse_to_overwrite(target)
    verify(backup)
    back_up(backup, target)


def _refuse_to_overwrite(target: Path) -> None:
    """A left-over log (sqlite.org/wal.html) counts: SQLite would play the old file's changes into the new one."""
    for path in (target, target.with_name(f"{target.name}-wal")):
        if path.exists():
            raise StoreUnusable(f"{path.name} is there already; move it away first, nothing is overwritten")


def _explained(path: Path, error: sqlite3.Error) -> StoreUnusable:
    answer = translated(error)
    return StoreUnusable(f"{path.name}: {answer.detail if answer else error}")
