"""What is asked of units of work on MongoDB alone: many writers, turns, tasks, deadlines."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias

import pytest
from tests.contracts.stores import mongo_database

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.mongo.carts import MongoCarts
from shopcore.adapters.mongo.categories import MongoCategories
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.revision import MongoCatalogRevision
from shopcore.adapters.mongo.schema.shopping import CARTS
from shopcore.cart.model import add_item, quantity_of
from shopcore.catalog.errors import SlugTaken
from shopcore.kernel.ids import CartId, VariantId
from shopcore.kernel.stores import StoreBusy, StoreUnusable
from shopcore.testing.contracts.sales_samples import a_cart, a_token_hash
from shopcore.testing.contracts.samples import a_category

pytestmark = pytest.mark.anyio

AsyncWork: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

SHIRT = VariantId("shirt")
ONE_MORE = partial(add_item, variant_id=SHIRT, quantity=1)
MINE = CartId("mine")
SEALER = AesGcmSealer(new_key_ring())


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(mongo_url) as opened:
        yield opened


@pytest.fixture
async def neighbour(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    """Another process: its turns are its own."""
    async with mongo_database(mongo_url) as opened:
        yield opened


async def in_another_process(unit_of_work: MongoUnitOfWork, carts: MongoCarts) -> None:
    """As far as context goes."""

    async def process() -> None:
        await unit_of_work(lambda: carts.update(MINE, ONE_MORE))

    await asyncio.create_task(process(), context=contextvars.Context())


@pytest.fixture
def carts(database: MongoDatabase) -> MongoCarts:
    return MongoCarts(database, SEALER)


async def test_a_hundred_writers_of_one_cart_all_succeed(carts: MongoCarts, database: MongoDatabase) -> None:
    """Each in a unit of its own that also writes elsewhere; none is refused, and each counts."""
    unit_of_work = MongoUnitOfWork(database)
    await carts.add(a_cart("mine"), a_token_hash("mine"))

    async def writer(number: int) -> None:
        async def work() -> None:
            await carts.add(a_cart(f"cart {number}"), a_token_hash(f"cart {number}"))
            await carts.update(MINE, ONE_MORE)

        await unit_of_work(work)

    await asyncio.gather(*map(writer, range(100)))

    assert quantity_of(await carts.get(MINE), SHIRT) == 100


async def test_a_hundred_writers_in_two_processes_all_succeed(
    carts: MongoCarts, database: MongoDatabase, neighbour: MongoDatabase
) -> None:
    """Half of them in units, half outside of any: where turns do not reach, the guard and the server decide."""
    await carts.add(a_cart("mine"), a_token_hash("mine"))
    theirs = MongoCarts(neighbour, SEALER)
    units = {carts: MongoUnitOfWork(database), theirs: MongoUnitOfWork(neighbour)}

    async def in_unit(those: MongoCarts) -> None:
        await units[those](lambda: those.update(MINE, ONE_MORE))

    await asyncio.gather(
        *(
            write(those)
            for those in units
            for _ in range(25)
            for write in (in_unit, lambda each: each.update(MINE, ONE_MORE))
        )
    )

    assert quantity_of(await carts.get(MINE), SHIRT) == 100


async def test_units_that_write_the_same_two_in_either_order_all_succeed(
    carts: MongoCarts, database: MongoDatabase
) -> None:
    """Each holds one turn and wants the other's: nobody waits for who waits for them."""
    for name in ("a", "b"):
        await carts.add(a_cart(name), a_token_hash(name))

    def writing(*names: str) -> AsyncWork:
        async def work() -> None:
            for name in names:
                await carts.update(CartId(name), ONE_MORE)

        return work

    unit_of_work = MongoUnitOfWork(database)
    await asyncio.gather(*(unit_of_work(writing(*pair)) for _ in range(10) for pair in (("a", "b"), ("b", "a"))))

    assert [quantity_of(await carts.get(CartId(name)), SHIRT) for name in ("a", "b")] == [20, 20]


async def test_who_leaves_a_queue_holds_nobody_up(carts: MongoCarts, database: MongoDatabase) -> None:
    """Cancelled while waiting for a turn, and just as it comes."""
    await carts.add(a_cart("mine"), a_token_hash("mine"))
    writers = [asyncio.ensure_future(carts.update(MINE, ONE_MORE)) for _ in range(12)]
    await asyncio.sleep(0)
    for writer in writers[1::2]:
        writer.cancel()
    await asyncio.wait(writers)

    kept = [writer for writer in writers if not writer.cancelled()]
    assert quantity_of(await carts.get(MINE), SHIRT) == len(kept) == 6
    await carts.update(MINE, ONE_MORE)


async def test_a_task_of_a_unit_is_no_part_of_it(carts: MongoCarts, database: MongoDatabase) -> None:
    """While the unit runs, it spoils it rather than write beside it; afterwards it is on its own."""
    later: asyncio.Task[None] | None = None
    goes_on = asyncio.Event()

    async def afterwards() -> None:
        await goes_on.wait()
        await carts.add(a_cart("later"), a_token_hash("later"))

    async def work() -> None:
        nonlocal later
        later = asyncio.ensure_future(afterwards())
        await carts.add(a_cart("own"), a_token_hash("own"))

    async def spoiled() -> None:
        await carts.add(a_cart("lost"), a_token_hash("lost"))
        await asyncio.gather(carts.get(CartId("own")), return_exceptions=True)

    await MongoUnitOfWork(database)(work)
    goes_on.set()
    assert later is not None
    await later
    with pytest.raises(RuntimeError, match="another task"):
        await MongoUnitOfWork(database)(spoiled)

    assert (await carts.get(CartId("later"))).id == "later"
    assert await carts.find_by_token(a_token_hash("lost")) is None


async def test_a_refusal_that_is_caught_leaves_the_unit_intact(database: MongoDatabase) -> None:
    """Though the server gives up on a transaction at the first duplicate."""
    categories = MongoCategories(database, MongoCatalogRevision(database))

    async def work() -> None:
        await categories.add(a_category("clothes"))
        with pytest.raises(SlugTaken):
            await categories.add(a_category("clothes"))
        await categories.add(a_category("shoes"))

    await MongoUnitOfWork(database)(work)

    assert {one.slug for one in await categories.everything()} == {"clothes", "shoes"}


async def test_a_unit_that_hangs_ends_at_its_deadline(mongo_url: str, carts: MongoCarts) -> None:
    """Its documents are free again, and nothing of it is kept."""
    await carts.add(a_cart("mine"), a_token_hash("mine"))
    impatient = await MongoDatabase.open(mongo_url, chance=lambda: 0.5, wait_seconds=0.3)
    theirs = MongoCarts(impatient, SEALER)

    async def work() -> None:
        await theirs.update(MINE, ONE_MORE)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(StoreBusy):
        await MongoUnitOfWork(impatient)(work)
    await carts.update(MINE, ONE_MORE)

    assert quantity_of(await carts.get(MINE), SHIRT) == 1
    await impatient.close()


async def test_a_lock_that_is_never_let_go_is_waited_for_until_the_deadline(
    mongo_url: str, carts: MongoCarts, database: MongoDatabase
) -> None:
    """Then the writer hears that the store is busy; who holds it is not disturbed."""
    await carts.add(a_cart("mine"), a_token_hash("mine"))
    impatient = await MongoDatabase.open(mongo_url, chance=lambda: 0.5, wait_seconds=0.3)

    async def holding() -> None:
        await carts.update(MINE, ONE_MORE)
        # In a context of its own: another process, not a part of this unit.
        with pytest.raises(StoreBusy):
            await in_another_process(MongoUnitOfWork(impatient), MongoCarts(impatient, SEALER))

    await MongoUnitOfWork(database)(holding)

    assert quantity_of(await carts.get(MINE), SHIRT) == 1
    await impatient.close()


async def test_what_waits_for_the_commit_hears_of_it_once(database: MongoDatabase, carts: MongoCarts) -> None:
    """After it, and never when the unit is undone."""
    heard: list[str] = []

    def telling(word: str, *, fails: bool) -> AsyncWork:
        async def work() -> None:
            await carts.add(a_cart(word), a_token_hash(word))
            database.after_commit(lambda: heard.append(word))
            assert word not in heard
            if fails:
                raise LookupError

        return work

    await MongoUnitOfWork(database)(telling("kept", fails=False))
    with pytest.raises(LookupError):
        await MongoUnitOfWork(database)(telling("undone", fails=True))
    await asyncio.sleep(0)

    assert heard == ["kept"]
    with pytest.raises(RuntimeError):
        database.after_commit(heard.clear)


async def test_a_document_changed_by_hand_is_named(database: MongoDatabase, carts: MongoCarts) -> None:
    """With what is wrong with it, and what to do."""
    await carts.add(a_cart("mine"), a_token_hash("mine"))
    await database.collection(CARTS).update_one({"_id": "mine"}, {"$set": {"lines": [{"variant_id": 5}]}})

    with pytest.raises(StoreUnusable, match=r"carts/mine is not what a shop wrote .*variant_id.*restore"):
        await carts.get(MINE)
