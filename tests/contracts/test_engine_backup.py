"""Copies of the shop's file: consistent though it sells, whole or not there, and never over another file."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from tests.contracts.engine import opened, small_disk
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.sqlite.backup import back_up, restore, verify
from shopcore.adapters.sqlite.connections import prepare
from shopcore.adapters.sqlite.database import Database
from shopcore.inventory.model import MovementKind, StockPolicy
from shopcore.kernel.ids import Sku
from shopcore.kernel.stores import StoreUnusable
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio

PEN = Sku("PEN")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@asynccontextmanager
async def shop(path: Path) -> AsyncIterator[Store]:
    database = await Database.open(path)
    try:
        yield sqlite_store(database)
    finally:
        await database.close()


async def stock(store: Store) -> None:
    await store.levels.set_rules(PEN, tracked=True, policy=StockPolicy.DENY)
    await sell(store, "import", 1_000_000)


async def sell(store: Store, name: str, by: int = -1) -> None:
    await store.levels.adjust(PEN, by, reason="sold", movement_id=name, at=NOON)


def names(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())


def refused(act: Callable[..., object], *paths: Path) -> str:
    """What is said about it."""
    with pytest.raises(StoreUnusable) as raised:
        act(*paths)
    return raised.value.detail


async def test_a_copy_is_of_one_moment(path: Path) -> None:
    """Taken of a large file while it sells without a pause: in the copy too the movements sum to the level."""
    over = threading.Event()
    copies = [path.with_name(f"copy {number}.db") for number in range(3)]
    async with opened(path) as notes:
        for number in range(20):  # 20 MB
            await notes.put(str(number), bytes(1_000_000))
        store = sqlite_store(notes.database)
        await stock(store)

        async def sell_on(name: int) -> int:
            sold = 0
            while not over.is_set():
                sold += 1
                await sell(store, f"{name} {sold}")
            return sold

        selling = [asyncio.ensure_future(sell_on(name)) for name in range(4)]
        sizes = [await asyncio.wait_for(asyncio.to_thread(back_up, path, copy), 20) for copy in copies]
        over.set()
        sold = sum(await asyncio.gather(*selling))

    assert sizes == [copy.stat().st_size for copy in copies]
    left = [pens(copy) for copy in copies]
    assert left == sorted(left, reverse=True)
    assert 1_000_000 - sold <= left[-1] < left[0] <= 1_000_000


def pens(copy: Path) -> int:
    """How many are on hand, which is the sum of their movements."""
    with closing(sqlite3.connect(copy)) as connection:
        (level,) = connection.execute("SELECT on_hand FROM stock_levels").fetchone()
        (moved,) = connection.execute("SELECT sum(on_hand) FROM stock_movements").fetchone()
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert level == moved
    return int(level)


async def test_a_restored_shop_sells_on(path: Path) -> None:
    """From where it was: the copy is a shop like the first, and the backup is as it was."""
    async with shop(path) as store:
        await stock(store)
        await sell(store, "before")
        back_up(path, path.with_name("copy.db"))
        await sell(store, "after")
    restored = path.with_name("restored.db")
    restore(path.with_name("copy.db"), restored)

    async with shop(restored) as store:
        await sell(store, "anew")
        assert (await store.levels.find([PEN]))[PEN].on_hand == 1_000_000 - 2
        moved = (await store.levels.movements(PEN, None, 10)).items
    assert [(one.id, one.kind) for one in moved] == [
        ("anew", MovementKind.ADJUSTED),
        ("before", MovementKind.ADJUSTED),
        ("import", MovementKind.ADJUSTED),
    ]
    assert pens(path.with_name("copy.db")) == 1_000_000 - 1


def test_two_at_once_make_one_copy(path: Path) -> None:
    """To one name: neither spoils the other's, and what is there is whole."""
    prepare(path).close()
    copy = path.with_name("copy.db")
    said: list[str] = []

    def make() -> None:
        try:
            back_up(path, copy)
        except StoreUnusable as error:
            said.append(error.detail)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    verify(copy)
    assert set(said) <= {"copy.db is there already; move it away first, nothing is overwritten"}
    assert names(path.parent) == ["copy.db", "shop.db"]


@pytest.mark.parametrize("there", ["copy.db", "copy.db-wal", "copy.db-journal"])
def test_nothing_is_overwritten(path: Path, there: str) -> None:
    """Neither a file nor what SQLite would play into the new one."""
    prepare(path).close()
    path.with_name(there).write_bytes(b"old")

    for act in (back_up, restore):
        said = refused(act, path, path.with_name("copy.db"))
        assert said == f"{there} is there already; move it away first, nothing is overwritten"
    assert path.with_name(there).read_bytes() == b"old"
    assert names(path.parent) == sorted([there, "shop.db"])


def _empty(path: Path) -> None:
    path.touch()


def _text(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1_000)


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE diary (entry TEXT)")


def _newer(path: Path) -> None:
    prepare(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")


def _damaged(path: Path) -> None:
    prepare(path).close()
    content = bytearray(path.read_bytes())
    content[20_000:60_000] = bytes(40_000)
    path.write_bytes(content)


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (_empty, "the file is empty"),
    "text": (_text, "the file is not a database"),
    "another program's": (_foreign, "the file is a database of another program"),
    "newer": (_newer, "the database is of a newer version (999)"),
    "damaged": (_damaged, "the file is damaged: "),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_neither_copied_nor_restored(path: Path, kind: str) -> None:
    """Nor is anything left beside it: a copy that was never proven is worse than none."""
    make, reason = BAD[kind]
    make(path)
    before = path.read_bytes()

    for act in (back_up, restore):
        assert refused(act, path, path.with_name("copy.db")).startswith(f"shop.db: {reason}")
    assert names(path.parent) == ["shop.db"]
    assert path.read_bytes() == before


def test_folders_that_are_not_there_are_named(path: Path) -> None:
    """The one of the copy, and the one of the shop."""
    nowhere = path.parent / "nowhere" / "copy.db"

    assert refused(back_up, path, nowhere) == "shop.db: the database file cannot be opened or created"
    prepare(path).close()
    assert refused(back_up, path, nowhere) == "copy.db: No such file or directory"
    assert refused(back_up, nowhere, path.with_name("copy.db")) == "copy.db: the folder nowhere does not exist"
    assert names(path.parent) == ["shop.db"]


async def test_a_full_disk_leaves_nothing(path: Path) -> None:
    """Half a copy would hold what little room is left."""
    async with opened(path) as notes:
        await notes.put("large", bytes(2_000_000))
        with small_disk(1_000_000):
            said = refused(back_up, path, path.with_name("copy.db"))
        assert said == "copy.db: the disk reported an error"
        assert names(path.parent) == ["shop.db", "shop.db-shm", "shop.db-wal"]
        back_up(path, path.with_name("copy.db"))
    verify(path.with_name("copy.db"))
