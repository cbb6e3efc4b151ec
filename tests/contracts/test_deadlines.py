"""Whatever waits for a store or a clock knows until when it is waited for."""

import asyncio
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.stores import Store, mongo_database
from tests.mongod import initiate, started

from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.deadline import seconds_left, until
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.stores import StoreBusy
from shopcore.kernel.unit_of_work import UnitOfWork

pytestmark = pytest.mark.anyio

LEFT = 0.6  # seconds
OWN = 2.0


async def refused_after(call: Callable[[], Coroutine[Any, Any, object]]) -> float:
    """Seconds until a call is told that the store does not come."""
    begun = time.monotonic()
    with until(begun + LEFT), pytest.raises(Unavailable):
        await call()
    return time.monotonic() - begun


async def test_a_request_that_is_out_of_time_asks_no_store(store: Store, unit_of_work: UnitOfWork) -> None:
    """It hears so at once, and the work was not begun."""
    begun: list[str] = []

    async def work() -> None:
        begun.append("work")

    with until(time.monotonic()), pytest.raises(StoreBusy):
        await store.unit_of_work(work)
    assert begun == []
    await unit_of_work(work)
    assert begun == ["work"]


@pytest.fixture
def unit_of_work(store: Store) -> UnitOfWork:
    return store.unit_of_work


async def test_a_write_waits_for_another_process_until_its_request_ends(tmp_path: Path) -> None:
    """Not for as long as it may by itself."""
    database = await Database.open(tmp_path / "shop.db", wait_seconds=OWN)
    other = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    taken = await refused_after(lambda: database.write(lambda connection: connection.execute("SELECT 1")))

    assert LEFT * 0.9 < taken < OWN * 0.8
    other.close()
    await database.close()


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A replica set of one that a test may stop."""
    with started("--replSet", "shop", "--oplogSize", "64") as (process, port):
        initiate(port)
        yield process, f"mongodb://127.0.0.1:{port}/shop"


async def test_a_primary_that_hangs_is_waited_for_until_the_request_ends(
    server: tuple[subprocess.Popen[bytes], str],
) -> None:
    """By look-ups, by single writes and by whole units."""
    process, url = server
    database = await MongoDatabase.open(url, chance=lambda: 0.5, wait_seconds=OWN)

    async def unit() -> None:
        await database.run(database.ping)

    process.send_signal(signal.SIGSTOP)
    taken = [await refused_after(call) for call in (database.ping, unit)]
    process.send_signal(signal.SIGCONT)

    assert all(LEFT * 0.9 < each < OWN * 0.8 for each in taken)
    await database.close()


async def test_next_to_no_time_is_no_time(mongo_url: str) -> None:
    """A call that could not even come back in time is not made: its failure would be taken for the store's."""
    async with mongo_database(mongo_url) as database:
        for _ in range(10):
            with until(time.monotonic() + 0.5), pytest.raises(StoreBusy):  # of ten seconds that a call may take
                await database.ping()
        await database.ping()


async def test_what_a_clock_bounds_is_told_so() -> None:
    """Jobs are run within a bound: what they call knows."""

    async def work() -> float:
        await asyncio.sleep(0)
        return seconds_left(100.0, time.monotonic())

    assert 20 < await SystemClock().within(25, work()) <= 25
    assert seconds_left(100.0, time.monotonic()) == 100
