"""A catalogue of an earlier program is filed again while shops sell from it: nothing is missed, nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
import pytest
from pymongo import AsyncMongoClient
from tests.contracts.stores import Store, mongo_database, mongo_store

from shopcore.adapters.mongo.calls import told
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.product_documents import product_document
from shopcore.adapters.mongo.product_filing import Filing
from shopcore.adapters.mongo.refiling import KEPT_FOR, Refiling
from shopcore.adapters.mongo.schema.catalog import LISTED, PRODUCTS
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.index_builds import index_model
from shopcore.adapters.mongo.schema.migration import VERSIONS
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.model import Product, ProductFilter, ProductSort, archive
from shopcore.kernel.ids import CategoryId
from shopcore.kernel.stores import StoreBusy, StoreUnusable
from shopcore.testing.clock import ManualClock
from shopcore.testing.contracts.samples import NOON, a_category, a_product

pytestmark = pytest.mark.anyio
RED_SHIRTS = ProductFilter(currency="USD", category="clothes", brand="Acme", tag="red")
ALONE = {"$not": [{"$in": [{"$substrCP": ["$$text", 0, 1]}, ["+", "*"]]}]}


def red_shirt(name: str) -> Product:
    fields: dict[str, Any] = {"brand": "Acme", "tags": ("red",), "category_ids": (CategoryId("clothes"),)}
    return msgspec.structs.replace(a_product(name), **fields)


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(mongo_url) as opened:
        await opened.collection(VERSIONS).delete_many({"_id": "filing"})
        yield opened
        await opened.collection(VERSIONS).delete_many({"_id": "filing"})


@pytest.fixture
async def mongo(database: MongoDatabase) -> Store:
    """A shop whose 120 products an earlier program has filed."""
    store = mongo_store(database)
    await store.categories.add(a_category("clothes"))
    await store.unit_of_work(lambda: _add(store, 120))
    listed, products = database.collection(LISTED), database.collection(PRODUCTS)
    filters = {"$filter": {"input": "$filters", "as": "text", "cond": ALONE}}
    await listed.update_many({}, [{"$set": {"filters": filters}}, {"$unset": ["spread", "band"]}])
    await products.update_many({}, {"$unset": {"filed": ""}}, bypass_document_validation=True)
    return store


async def _add(store: Store, count: int) -> None:
    for number in range(count):
        await store.products.add(red_shirt(f"p{number:03}"))


async def found(store: Store, sort: ProductSort = ProductSort.NEWEST) -> set[str]:
    return {one.id for one in (await store.listing.page(RED_SHIRTS, sort, None, 200)).items}


async def test_what_an_earlier_program_has_filed_is_found(mongo: Store, database: MongoDatabase) -> None:
    """As what this one files: by several filters, and by price. A second time there is nothing to do."""
    before = await found(mongo), await found(mongo, ProductSort.PRICE_ASC)
    await Refiling(database, ManualClock()).run()
    once = await entries(database)
    await Refiling(database, ManualClock()).run()

    assert before == (set(), set())
    assert len(await found(mongo)) == len(await found(mongo, ProductSort.PRICE_ASC)) == 120
    assert await entries(database) == once
    for product_id in ("p000", "p119"):
        await mongo.products.update(product_id_of(product_id), lambda old: archive(old, NOON))
    assert len(await found(mongo)) == 118


async def test_three_at_once_and_one_that_is_broken_off_leave_it_whole(mongo: Store, database: MongoDatabase) -> None:
    """While somebody changes a product that is not filed yet, and another is added."""
    broken_off = asyncio.create_task(Refiling(database, ManualClock()).run())
    for _ in range(3):
        await mongo.revision.current()
    broken_off.cancel()
    await asyncio.gather(
        broken_off,
        *(Refiling(database, ManualClock()).run() for _ in range(3)),
        mongo.products.update(product_id_of("p077"), lambda old: msgspec.structs.replace(old, title="New")),
        mongo.products.add(red_shirt("new")),
        return_exceptions=True,
    )

    assert len(await found(mongo)) == 121
    assert await database.collection(PRODUCTS).count_documents({"filed": 3}) == 121


async def test_a_product_that_is_changed_before_its_turn_is_filed_whole(mongo: Store) -> None:
    """Not only where the change shows."""
    await mongo.products.update(product_id_of("p003"), lambda old: msgspec.structs.replace(old, description="New"))

    assert await found(mongo) == await found(mongo, ProductSort.PRICE_DESC) == {"p003"}


async def test_an_earlier_program_cannot_write_products_any_more(mongo: Store, database: MongoDatabase) -> None:
    """Which would not be found as they should be. It is told to be updated."""
    document = {name: value for name, value in product_document(red_shirt("p001")).items() if name != "filed"}

    with pytest.raises(StoreUnusable, match="update the program"):
        await told(lambda _: database.collection(PRODUCTS).replace_one({"_id": "p001"}, document), None)


async def test_what_only_an_earlier_program_reads_goes_a_day_later(mongo: Store, database: MongoDatabase) -> None:
    """Not before, since it may still serve."""
    clock, listed = ManualClock(), database.collection(LISTED)
    await listed.create_indexes([index_model(index) for index in LISTED.retired])
    refiling = Refiling(database, clock)
    await refiling.drop_retired()
    await refiling.run()
    await clock.advance(KEPT_FOR.total_seconds() - 1)
    await refiling.drop_retired()
    kept = await listed.index_information()
    await clock.advance(2)
    await refiling.drop_retired()
    await refiling.drop_retired()

    names = {index.name for index in LISTED.retired}
    assert names < set(kept)
    assert not names & set(await listed.index_information())


class Slow(Filing):
    """Takes too long for more than three products."""

    async def list_again(self, products: Iterable[Product], session: Session) -> None:
        several = list(products)
        if len(several) > 3:
            raise StoreBusy
        await super().list_again(several, session)


async def test_what_takes_too_long_together_is_filed_by_halves(mongo: Store, database: MongoDatabase) -> None:
    """Else it would begin with the same fifty again each time, and no program could open the store."""
    await Refiling(database, ManualClock(), Slow(database)).run()

    assert len(await found(mongo)) == 120


@pytest.mark.parametrize("is_written", [False, True], ids=["migrated", "written"])
async def test_what_could_not_be_read_is_filed_once_it_is_mended(
    mongo: Store, database: MongoDatabase, is_written: bool
) -> None:
    """By `shop migrate`, or by whoever changes it first; and the server lets it be mended by hand."""
    products = database.collection(PRODUCTS)
    broken = {"$set": {"title": 7}}
    await products.update_one({"_id": "p005"}, broken, bypass_document_validation=True)
    refiling = Refiling(database, ManualClock())
    await refiling.run()
    await products.update_one({"_id": "p005"}, {"$set": {"title": "Mended"}})
    await refiling.run()
    before = await entries_with_bands(database)
    if is_written:
        await mongo.products.update(product_id_of("p005"), lambda old: msgspec.structs.replace(old, description="New"))
    else:
        await refiling.run(again=True)

    assert (before, await entries_with_bands(database)) == (119, 120)
    assert await products.count_documents({"unfiled": {"$exists": True}}) == 0


async def test_who_may_not_mark_what_cannot_be_read_files_the_others(told_server: str) -> None:
    """As a server whose user has no more than `readWrite`: it opens, and `shop migrate` marks it later."""
    data = {"failCommands": ["update"], "errorCode": 13, "appName": "shopcore"}
    async with mongo_database(f"{told_server}/refiling") as database, AsyncMongoClient[Document](told_server) as client:
        await mongo_store(database).products.add(a_product("p000"))
        products = database.collection(PRODUCTS)
        broken = {"$set": {"title": 7}, "$unset": {"filed": ""}}
        await products.update_one({"_id": "p000"}, broken, bypass_document_validation=True)
        await client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": data})
        refiling = Refiling(database, ManualClock())
        await refiling.run()
        left = await products.count_documents({"unfiled": True})
        await Refiling(database, ManualClock()).run(again=True)

        assert (left, await products.count_documents({"unfiled": True})) == (0, 1)


async def entries_with_bands(database: MongoDatabase) -> int:
    return await database.collection(LISTED).count_documents({"band": {"$exists": True}})


async def entries(database: MongoDatabase) -> list[Any]:
    return await database.collection(LISTED).find().sort("_id").to_list()


def product_id_of(name: str) -> Any:
    return a_product(name).id
