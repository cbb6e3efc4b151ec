"""Files that the store opens, and files that it refuses: each by its name, with the reason, and left as they are."""

import asyncio
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.contracts.engine import keys_in, opened, small_disk

from shopcore.adapters.sqlite import migrations
from shopcore.adapters.sqlite.connections import MEMORY, connect, prepare
from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.stores import RETRY_AFTER, StoreUnusable

pytestmark = pytest.mark.anyio

NOBODY = 65534


async def fails(path: Path) -> str:
    """What is said about a file that cannot be opened."""
    with pytest.raises(StoreUnusable) as raised:
        await Database.open(path)
    assert raised.value.retry_after == RETRY_AFTER
    return raised.value.detail


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder of somebody whom the system does not let do everything, as it lets root."""
    migrations.steps()  # the schema is read while it may be
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            folder.chmod(0o700)
            if is_root:
                os.seteuid(0)


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder; a folder in it has no bytes."""
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


def _text(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1_000)


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE diary (entry TEXT)")
        connection.execute("PRAGMA user_version = 999")


def _claimed(path: Path) -> None:
    """Somebody else's, and still empty."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 7")


def _newer(path: Path) -> None:
    prepare(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")


def _damaged(path: Path) -> None:
    prepare(path).close()
    with path.open("r+b") as file:
        file.write(b"\xff" * 50)


def _cut(path: Path) -> None:
    prepare(path).close()
    with path.open("r+b") as file:
        file.truncate(10_000)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "not a database": (_text, "the file is not a database"),
    "another program's": (_foreign, "the file is a database of another program"),
    "another program's, empty": (_claimed, "the file is a database of another program"),
    "of a newer version": (_newer, "the database is of a newer version (999) than this program knows"),
    "damaged header": (_damaged, "the file is not a database"),
    "cut off": (_cut, "the database file is damaged; restore a backup"),
    "a folder": (Path.mkdir, "the database file cannot be opened or created"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_file_is_refused(tmp_path: Path, kind: str) -> None:
    """And not a byte of it is changed: it is somebody's."""
    path = tmp_path / "shop.db"
    make, reason = BAD[kind]
    make(path)
    before = contents(tmp_path)

    assert (await fails(path)).startswith(f"shop.db: {reason}")
    assert contents(tmp_path) == before


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """It is not made: it may be the folder of another machine, or a slip."""
    assert await fails(tmp_path / "nowhere" / "shop.db") == "shop.db: the folder nowhere does not exist"
    assert contents(tmp_path) == {}


async def test_a_file_that_may_only_be_read() -> None:
    """Neither it nor its folder: both are said to be read-only."""
    reason = "shop.db: the database file or its folder is read-only"
    with unprivileged() as folder:
        path = folder / "shop.db"
        prepare(path).close()
        path.chmod(0o444)
        assert await fails(path) == reason
        folder.chmod(0o555)
        assert await fails(path) == reason
        assert await fails(folder / "other.db") == "other.db: the database file cannot be opened or created"


def test_a_locked_file_is_said_to_be_locked(tmp_path: Path) -> None:
    """By another process, for longer than the start may take: its own work, or the making of the file."""
    for kind in ("made", "empty"):
        path = tmp_path / f"{kind}.db"
        if kind == "made":
            prepare(path).close()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreUnusable) as raised:
                prepare(path, patience=0.05)
            other.execute("ROLLBACK")

        assert raised.value.detail == f"{kind}.db: another process holds the database locked"
        prepare(path, patience=0.05).close()


async def test_a_full_disk_at_the_start(tmp_path: Path) -> None:
    """No shop comes to be, and the next start makes it."""
    path = tmp_path / "shop.db"
    with small_disk(20_000):
        assert await fails(path) == "shop.db: the disk reported an error"

    async with opened(path) as notes:
        await notes.put("a")
    assert keys_in(path) == ["a"]


async def test_many_may_start_at_once(tmp_path: Path) -> None:
    """On a file that is not there yet: one makes it, the others wait for it."""
    path = tmp_path / "shop.db"
    databases = await asyncio.gather(*(Database.open(path) for _ in range(8)))
    for database in databases:
        await database.close()

    with closing(connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (migrations.steps()[-1][0],)


@pytest.mark.parametrize("name", ["a shop.db", "50%.db", "what?mode=ro.db", "#1.db", "ü.db", ":memory:", "a&b;c'.db"])
async def test_any_name_is_a_files_name(tmp_path: Path, name: str) -> None:
    """Nothing in it is syntax."""
    async with opened(tmp_path / name) as notes:
        await notes.put("a")
        assert await notes.database.scan(lambda connection: connection.execute("SELECT key FROM notes").fetchall())
    assert list(contents(tmp_path)) == [name]


async def test_what_was_acknowledged_survives_power_loss(tmp_path: Path) -> None:
    """The log is written through to the disk at each commit (sqlite.org/pragma.html#pragma_synchronous)."""
    with closing(prepare(tmp_path / "shop.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_steps_are_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    """And counted only then: where one fails, none before it is taken; a last statement without its semicolon is one
    too.
    """
    step = migrations._statements("CREATE TABLE a (b TEXT);\nCREATE TABLE c (d TEXT)\n-- the end\n")
    broken = migrations._statements("CREATE TABLE e (f TEXT);\nCREATE TABLE e (g TEXT);\n")
    with closing(connect(tmp_path / "shop.db")) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrations._take(connection, ((1, step), (2, broken)))
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)

        migrations._take(connection, ((1, step),))
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("a",), ("c",)]


def test_a_store_in_memory_has_the_schema_of_one_in_a_file(tmp_path: Path) -> None:
    """Nothing of one that was made before is in the next."""
    about = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
    with closing(prepare(MEMORY)) as first:
        first.execute("DELETE FROM shipping_methods")
    with closing(prepare(MEMORY)) as memory, closing(prepare(tmp_path / "shop.db")) as file:
        found = [[one.execute(query).fetchall() for one in (memory, file)] for query in (about, *_ABOUT)]

    assert [in_memory for in_memory, _ in found] == [in_file for _, in_file in found]
    assert all(in_file for _, in_file in found)


_ABOUT = ("PRAGMA user_version", "PRAGMA application_id", "SELECT * FROM shipping_methods")
