"""Callers of the store who wait, leave, or are gone; and the end of the store itself."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contracts.engine import Notes, keys_in, locked, opened

from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.stores import RETRY_AFTER, StoreBusy, StoreUnusable
from shopcore.testing.contracts.samples import Refused

pytestmark = pytest.mark.anyio

PATIENCE = 10.0  # seconds after which a test that hangs gives up


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture(params=["memory", "file"])
async def notes(request: pytest.FixtureRequest, path: Path) -> AsyncIterator[Notes]:
    async with opened(MEMORY if request.param == "memory" else path) as there:
        yield there


class Gate:
    """A unit that has begun, and ends when it is let go."""

    def __init__(self, notes: Notes, *keys: str) -> None:
        self.notes = notes
        self.keys = keys
        self.begun = threading.Event()
        self.go = threading.Event()

    async def __call__(self) -> None:
        await self.notes.put(self.keys[0])
        self.begun.set()
        assert self.go.wait(PATIENCE)
        for key in self.keys[1:]:
            await self.notes.put(key)

    async def held(self) -> "asyncio.Future[None]":
        """Its caller, once the unit has begun."""
        task = asyncio.ensure_future(self.notes.database.run(self))
        await asyncio.to_thread(self.begun.wait, PATIENCE)
        return task


async def test_a_locked_file_is_busy(path: Path) -> None:
    """After the time that a write may wait, and not before; then nothing was written, and the next write is."""
    async with opened(path, wait_seconds=0.2) as notes:
        began = asyncio.get_running_loop().time()
        with locked(path):
            answers = await asyncio.gather(*(notes.put(f"{n}") for n in range(5)), return_exceptions=True)
        waited = asyncio.get_running_loop().time() - began

        assert {type(answer) for answer in answers} == {StoreBusy}
        assert all(isinstance(answer, Unavailable) and answer.retry_after == RETRY_AFTER for answer in answers)
        assert 0.2 <= waited < 1.0
        await notes.put("after")
        assert keys_in(path) == ["after"]


async def test_each_waits_its_own_time(path: Path) -> None:
    """Who came later is not refused because the first has waited long enough."""
    async with opened(path, wait_seconds=0.6) as notes:
        with locked(path):
            first = asyncio.ensure_future(notes.put("first"))
            await asyncio.wait([first], timeout=0.3)
            second = asyncio.ensure_future(notes.put("second"))
            with pytest.raises(StoreBusy):
                await first
        await second

        assert keys_in(path) == ["second"]


async def test_who_waits_behind_a_slow_unit_may_give_up(path: Path) -> None:
    """It hears so in time, and is not run later; the slow one is waited for to its end."""
    async with opened(path, wait_seconds=0.1) as notes:
        gate = Gate(notes, "slow")
        slow = await gate.held()
        with pytest.raises(StoreBusy):
            await notes.put("behind")
        gate.go.set()
        await slow

        await notes.put("after")
        assert keys_in(path) == ["after", "slow"]


async def test_who_leaves_the_queue_is_not_run(notes: Notes) -> None:
    """Cancelled before its unit began."""
    gate = Gate(notes, "before")
    before = await gate.held()
    leaving = asyncio.ensure_future(notes.put("leaving"))
    staying = asyncio.ensure_future(notes.put("staying"))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    gate.go.set()
    await asyncio.gather(before, staying)

    assert leaving.cancelled()
    assert await notes.keys() == ["before", "staying"]


async def test_a_unit_that_has_begun_is_finished(notes: Notes) -> None:
    """Though its caller leaves meanwhile."""
    gate = Gate(notes, "first", "second")
    caller = await gate.held()
    caller.cancel()
    await asyncio.wait([caller])
    gate.go.set()
    await notes.put("third")

    assert caller.cancelled()
    assert await notes.keys() == ["first", "second", "third"]


async def test_an_event_loop_may_be_gone(notes: Notes) -> None:
    """Closed while its unit was under way: the unit is finished, and others are served."""
    gate = Gate(notes, "orphan")

    def elsewhere() -> None:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # that a task was still pending is what this is about
        task = loop.create_task(notes.database.run(gate))
        loop.run_until_complete(asyncio.to_thread(gate.begun.wait, PATIENCE))
        loop.run_until_complete(loop.shutdown_default_executor())
        assert not task.done()
        loop.close()

    await asyncio.to_thread(elsewhere)
    gate.go.set()
    await notes.put("other")

    assert await notes.keys() == ["orphan", "other"]


async def test_several_event_loops_may_share_a_store(notes: Notes) -> None:
    """Each caller is woken in its own."""

    async def many(name: str) -> None:
        await asyncio.gather(*(notes.put(f"{name} {number}") for number in range(50)))

    await asyncio.gather(many("here"), *(asyncio.to_thread(asyncio.run, many(f"thread {n}")) for n in range(3)))

    assert len(await notes.keys()) == 200


async def test_what_a_unit_hands_to_its_event_loop_is_no_part_of_it(notes: Notes) -> None:
    """It runs beside the unit, so it must neither see nor join what may be undone."""
    loop = asyncio.get_running_loop()
    beside: list[asyncio.Future[None]] = []
    seen: list[list[str]] = []

    async def later() -> None:
        seen.append(await notes.keys())
        await notes.put("beside")

    for number in range(20):

        async def work(key: str = f"undone {number}") -> None:
            await notes.put(key)
            loop.call_soon_threadsafe(lambda: beside.append(asyncio.ensure_future(later())))
            await notes.keys()
            raise Refused

        with pytest.raises(Refused):
            await notes.database.run(work)
    await asyncio.gather(*beside)

    assert len(beside) == 20
    assert not [key for keys in seen for key in keys if key.startswith("undone")]
    assert await notes.keys() == ["beside"]


async def test_closing_finishes_what_was_submitted(path: Path) -> None:
    """Two hundred units and more than one commit; whatever comes later is refused, and so is a look."""
    async with opened(path) as notes:
        gate = Gate(notes, "a")
        first = await gate.held()
        queued = [asyncio.ensure_future(notes.put(f"{number:03}")) for number in range(200)]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(notes.database.close())
        gate.go.set()
        await asyncio.gather(first, closing, *queued)

        assert keys_in(path) == [*(f"{number:03}" for number in range(200)), "a"]
        for late in (notes.put("late"), notes.keys(), notes.database.scan(lambda _: None)):
            with pytest.raises(StoreUnusable, match="the store is closed"):
                await late
        await notes.database.close()
    assert not path.with_name("shop.db-wal").exists()


async def test_a_units_error_is_no_other_units(notes: Notes) -> None:
    """Whatever it is: one that no `except Exception` catches, or SQLite's own about a statement."""

    class Gone(BaseException):
        pass

    with pytest.raises(Gone):
        await notes.database.run(notes.putting("a", error=Gone()))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await notes.database.write(lambda connection: connection.execute("DELETE FROM nowhere"))
    assert await notes.keys() == []
