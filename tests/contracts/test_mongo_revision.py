"""What MongoDB alone is asked of the catalogue's revision: it is held for pages, and never for too long."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.contracts.stores import mongo_database

from shopcore.adapters.mongo.categories import MongoCategories
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.revision import HOLD_SECONDS, HeldCatalogRevision, MongoCatalogRevision
from shopcore.testing.contracts.samples import a_category

pytestmark = pytest.mark.anyio


class Process:
    """One process of a shop: what it changes the catalogue by, and the revision that it holds."""

    def __init__(self, database: MongoDatabase) -> None:
        self.time = 0.0
        self.exact = GatedRevision(database)
        self.categories = MongoCategories(database, self.exact)
        self.held = HeldCatalogRevision(self.exact, now=lambda: self.time)


class GatedRevision(MongoCatalogRevision):
    """Counts how often it is asked; an answer waits until the gate is open."""

    def __init__(self, database: MongoDatabase) -> None:
        super().__init__(database)
        self.asked = 0
        self.answered = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def current(self) -> int:
        self.asked += 1
        number = await super().current()
        self.answered.set()
        await self.gate.wait()
        return number


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(mongo_url) as opened:
        yield opened


async def test_it_is_asked_for_once_in_a_while(database: MongoDatabase) -> None:
    """By a crowd at one moment, and by whoever comes within a quarter of a second."""
    process = Process(database)

    numbers = {await process.held.current(), *await asyncio.gather(*(process.held.current() for _ in range(50)))}

    assert (len(numbers), process.exact.asked) == (1, 1)


async def test_no_look_outlives_its_store(database: MongoDatabase) -> None:
    """Nor does one whose asker has gone away: who closes the store waits for it."""
    process = Process(database)
    process.exact.gate.clear()
    asker = asyncio.create_task(process.held.current())
    await process.exact.answered.wait()
    asker.cancel()
    settled = asyncio.create_task(process.held.settle())
    await asyncio.wait([settled], timeout=0.01)
    waited = not settled.done()
    process.exact.gate.set()
    await settled

    assert waited


async def test_another_process_is_noticed_after_the_hold(database: MongoDatabase) -> None:
    here, there = Process(database), Process(database)
    before = await here.held.current()
    await there.categories.add(a_category("shoes"))
    here.time = HOLD_SECONDS

    assert await here.held.current() != before


async def test_a_slow_look_does_not_bring_an_old_number_back(database: MongoDatabase) -> None:
    """Who asks after a change of this process neither joins the look before it nor finds what that one left."""
    process = Process(database)
    process.exact.gate.clear()
    early = asyncio.create_task(process.held.current())
    await process.exact.answered.wait()
    await process.categories.add(a_category("shoes"))
    late = asyncio.create_task(process.held.current())
    process.exact.gate.set()

    assert await early < await late
    assert await process.held.current() == await late


async def test_a_unit_sees_its_own_change_and_one_that_is_undone_leaves_nothing(database: MongoDatabase) -> None:
    process = Process(database)
    seen = [await process.held.current()]

    async def work() -> None:
        await process.categories.add(a_category("shoes"))
        seen.append(await process.held.current())
        raise ValueError("undo it")

    with pytest.raises(ValueError, match="undo it"):
        await MongoUnitOfWork(database)(work)

    assert seen[0] < seen[1]
    assert await process.held.current() == seen[0]
