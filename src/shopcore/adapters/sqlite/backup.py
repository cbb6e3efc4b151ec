"""A copy of the shop's file, taken while it sells, and proven readable."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from shopcore.adapters.sqlite.connections import connect
from shopcore.adapters.sqlite.errors import naming
from shopcore.adapters.sqlite.migrations import check_made
from shopcore.kernel.stores import StoreUnusable

_LOGS = ("-wal", "-journal")


def back_up(source: Path, target: Path) -> int:
    """Copy the file by SQLite's online backup API (sqlite.org/backup.html), then check the copy; answers its bytes.

    The target appears whole or not at all, and its owner alone may read it. Raises `StoreUnusable` if either cannot be
    read or written, and rather than overwrite anything.
    """
    _refuse_to_overwrite(target)
    with closing(connect(source, read_only=True)) as reading, _draft(target) as draft:
        with naming(target):
            _copy(reading, draft)
        with naming(source), closing(sqlite3.connect(draft)) as copy:
            _prove(copy)  # what is wrong with the copy came with it
        size = draft.stat().st_size
        _refuse_to_overwrite(target)
        with naming(target):
            draft.rename(target)
            _make_durable(target.parent)
    return size


def verify(path: Path) -> None:
    """Read every page of a shop's file. Raises `StoreUnusable`, naming it, if it is damaged or no shop's."""
    with closing(connect(path, read_only=True)) as connection, naming(path):
        _prove(connection)


def restore(backup: Path, target: Path) -> None:
    """Put a verified copy of the backup where no shop's file is. Raises `StoreUnusable` rather than overwrite one."""
    _refuse_to_overwrite(target)
    verify(backup)
    back_up(backup, target)


def _refuse_to_overwrite(target: Path) -> None:
    """A left-over log (sqlite.org/wal.html) counts: SQLite would play the old file's changes into the new one."""
    for path in (target, *(target.with_name(f"{target.name}{log}") for log in _LOGS)):
        if path.exists():
            raise StoreUnusable(f"{path.name} is there already; move it away first, nothing is overwritten")


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """An empty file beside the target, of a name of its own, since two may make a backup at once."""
    with naming(target):
        descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent)
    os.close(descriptor)
    draft = Path(name)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)  # half a copy would be in the way, most of all on a disk that is full


def _copy(reading: sqlite3.Connection, draft: Path) -> None:
    with closing(sqlite3.connect(draft)) as writing:
        # In one step, which sees one state of the shop: were it several, each sale between two would make the copy
        # begin again. The write-ahead log lets the writer go on meanwhile.
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE")


def _prove(connection: sqlite3.Connection) -> None:
    check_made(connection)
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    if problems:
        raise StoreUnusable(f"the file is damaged: {problems[0]}")


def _make_durable(folder: Path) -> None:
    """The new name too survives power loss. Only POSIX systems need, and have, a way to say so."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
