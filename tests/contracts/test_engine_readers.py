"""Those who read the store while it is written, and what they see of it."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.engine import Notes, keys_in, opened

from shopcore.adapters.sqlite.connections import MEMORY, connect
from shopcore.kernel.stores import StoreUnusable

pytestmark = pytest.mark.anyio

PATIENCE = 10.0  # seconds after which a test that hangs gives up


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture(params=["memory", "file"])
async def notes(request: pytest.FixtureRequest, path: Path) -> AsyncIterator[Notes]:
    async with opened(MEMORY if request.param == "memory" else path) as there:
        yield there


def looking_twice(meanwhile: Callable[[], object]) -> Callable[[sqlite3.Connection], tuple[int, int]]:
    """A query of two statements, with something between them."""

    def query(connection: sqlite3.Connection) -> tuple[int, int]:
        (first,) = connection.execute("SELECT count(*) FROM notes").fetchone()
        meanwhile()
        (second,) = connection.execute("SELECT count(*) FROM notes").fetchone()
        return first, second

    return query


async def test_a_scan_sees_one_state(path: Path) -> None:
    """Whatever is committed between its statements; one that sees two is noticed."""
    loop = asyncio.get_running_loop()
    async with opened(path) as notes:

        def put(key: str) -> Callable[[], None]:
            return lambda: asyncio.run_coroutine_threadsafe(notes.put(key), loop).result(PATIENCE)

        assert await notes.database.scan(looking_twice(put("a"))) == (0, 0)
        assert await notes.database.scan(looking_twice(put("b"))) == (1, 1)
        assert keys_in(path) == ["a", "b"]

        with closing(connect(path, read_only=True)) as planted:
            assert await asyncio.to_thread(looking_twice(put("c")), planted) == (2, 3)


async def test_no_half_of_a_group_is_seen(notes: Notes) -> None:
    """Neither of a unit: the two keys that each writes are there together, or not at all."""
    odd: list[int] = []

    async def look() -> None:
        for _ in range(100):
            odd.extend(len(keys) for keys in (await notes.keys(), await notes.database.scan(_all)) if len(keys) % 2)

    async def write(name: int) -> None:
        for number in range(25):
            await notes.database.run(notes.putting(f"{name} {number} a", f"{name} {number} b"))

    await asyncio.gather(look(), *(write(name) for name in range(4)))

    assert odd == []
    assert len(await notes.keys()) == 200


def _all(connection: sqlite3.Connection) -> list[str]:
    return [key for (key,) in connection.execute("SELECT key FROM notes")]


async def test_readers_and_the_writer_do_not_wait_for_each_other(path: Path) -> None:
    """A unit under way does not hold up a look or a scan, nor does a scan under way hold up a unit."""
    reading, go_on = threading.Event(), threading.Event()
    async with opened(path) as notes:

        async def slow() -> None:
            await notes.put("new")
            reading.set()
            assert go_on.wait(PATIENCE)

        unit = asyncio.ensure_future(notes.database.run(slow))
        await asyncio.to_thread(reading.wait, PATIENCE)
        assert await notes.keys() == await notes.database.scan(_all) == []
        go_on.set()
        await unit

        reading.clear()
        go_on.clear()

        def hold() -> None:
            reading.set()
            assert go_on.wait(PATIENCE)

        scan = asyncio.ensure_future(notes.database.scan(looking_twice(hold)))
        await asyncio.to_thread(reading.wait, PATIENCE)
        await asyncio.gather(*(notes.put(f"{number}") for number in range(10)))
        assert len(await notes.keys()) == 11
        go_on.set()
        assert await scan == (1, 1)


async def test_a_unit_sees_its_own_writes(notes: Notes) -> None:
    """By a look and by a scan; nobody else does before the commit."""

    async def work() -> None:
        await notes.put("own")
        assert await notes.keys() == await notes.database.scan(_all) == ["own"]
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await notes.database.run(work)
    assert await notes.keys() == await notes.database.scan(_all) == []


async def test_the_event_loop_may_look_while_a_unit_runs(notes: Notes) -> None:
    """In memory it waits for the group to end, which never waits for the event loop: no deadlock, and no half."""
    seen: list[list[str]] = []
    loop = asyncio.get_running_loop()

    async def look() -> None:
        seen.append(await notes.keys())

    def look_soon(begun: threading.Event) -> None:
        tasks.append(asyncio.ensure_future(look()))
        begun.set()

    async def work() -> None:
        await notes.put("a")
        begun = threading.Event()
        loop.call_soon_threadsafe(look_soon, begun)
        assert begun.wait(PATIENCE)  # the event loop is at work now, and looks next
        for number in range(50):
            await notes.put(f"b {number}")

    tasks: list[asyncio.Future[None]] = []
    for _ in range(5):
        await asyncio.wait_for(notes.database.run(work), PATIENCE)
        await asyncio.gather(*tasks)

    assert {len(keys) for keys in seen} <= {0, 51}
    assert len(seen) == 5


async def test_readers_open_the_same_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the program has gone to another folder since."""
    monkeypatch.chdir(path.parent)
    async with opened(path.name) as notes:
        await notes.put("a")
        (path.parent / "elsewhere").mkdir()
        monkeypatch.chdir(path.parent / "elsewhere")

        assert await notes.database.scan(_all) == ["a"]


async def test_a_damaged_page_is_said_to_be_one(path: Path) -> None:
    """To who looks and to who scans, in the shop's words."""
    async with opened(path) as notes:
        for number in range(50):
            await notes.put(f"{number:02}", bytes(5_000))
    with closing(sqlite3.connect(path)) as connection:
        roots = connection.execute("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'notes'").fetchall()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        for (page,) in roots:
            file.seek((page - 1) * size)
            file.write(bytes(size))

    async with opened(path) as notes:
        for look in (notes.keys, lambda: notes.database.scan(_all), lambda: notes.put("z")):
            with pytest.raises(StoreUnusable, match="damaged; restore a backup"):
                await look()
