"""What a shop cannot be kept in is refused when it is opened, in words that say what to do."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from bson.int64 import Int64
from pymongo import AsyncMongoClient
from pymongo.errors import WriteError
from tests.contracts.stores import mongo_database
from tests.mongod import free_port, started

from shopcore.adapters.mongo.connection import connect
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.migration import COLLECTIONS, VERSION
from shopcore.adapters.mongo.schema.operations import HELD_KEYS
from shopcore.kernel.stores import StoreUnusable

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lost_sockets")]


async def opened(url: str) -> MongoDatabase:
    return await MongoDatabase.open(url, chance=lambda: 0.5)


@pytest.fixture
async def own_client(mongo_server: str) -> AsyncIterator[tuple[AsyncMongoClient[Document], str]]:
    """A client of the server, and the URL of a database that is dropped at the end."""
    url = f"mongodb://{urlsplit(mongo_server).netloc}/shop_opening"
    async with AsyncMongoClient[Document](mongo_server) as client:
        yield client, url
        await client.drop_database("shop_opening")


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://",
        "mongodb://u:hunter2",
        "mongodb://u:hunter2@x@127.0.0.1/shop",
        "mongodb://127.0.0.1:99999/",
        "mongodb://127.0.0.1/?journal=hunter2",
        "mongodb://127.0.0.1/?retires=3",
        "http://127.0.0.1/",
    ],
)
async def test_a_wrong_url_is_refused(url: str) -> None:
    """With the form that it has to have, and nothing of what it holds."""
    with pytest.raises(StoreUnusable, match="STORE_URL must be mongodb://") as raised:
        await opened(url)

    assert "hunter2" not in str(raised.value)


async def test_a_server_that_does_not_answer_is_named() -> None:
    """By its host and port, without its password."""
    port = free_port()
    with pytest.raises(StoreUnusable, match=rf"no primary answers at 127.0.0.1:{port} .* is mongod running") as raised:
        await connect(f"mongodb://u:hunter2@127.0.0.1:{port}/shop", seconds=0.3)

    assert "hunter2" not in str(raised.value)


async def test_a_standalone_server_is_refused() -> None:
    """It has no transactions; the way out is said."""
    with started() as (_, port), pytest.raises(StoreUnusable, match=r"standalone .*--replSet .*rs.initiate"):
        await opened(f"mongodb://127.0.0.1:{port}/shop")


async def test_a_replica_set_that_was_never_initiated_is_told_so() -> None:
    """Which looks like a server without a primary."""
    with started("--replSet", "new") as (_, port), pytest.raises(StoreUnusable, match=r"was rs.initiate\(\) run"):
        await connect(f"mongodb://127.0.0.1:{port}/shop", seconds=0.5)


async def test_wrong_credentials_are_refused(mongo_server: str) -> None:
    """Whatever is wrong with them, and without showing them."""
    with pytest.raises(StoreUnusable, match="refuses the user or the password of STORE_URL") as raised:
        await opened(f"mongodb://u:hunter2@{urlsplit(mongo_server).netloc}/shop")

    assert "hunter2" not in str(raised.value)


async def test_a_newer_store_is_refused(own_client: tuple[AsyncMongoClient[Document], str]) -> None:
    """And left as it is."""
    client, url = own_client
    await client.shop_opening.schema.insert_one({"_id": "shopcore", "version": Int64(VERSION + 1)})

    with pytest.raises(StoreUnusable, match=rf"newer version \({VERSION + 1}\)"):
        await opened(url)
    assert await client.shop_opening.list_collection_names() == ["schema"]


async def test_programs_that_would_not_find_a_payment_refuse_the_store(
    own_client: tuple[AsyncMongoClient[Document], str],
) -> None:
    """The last that asks for a payment's name knew 22: it would cancel a paid order and give nothing back."""
    client, url = own_client
    await client.shop_opening.schema.insert_one({"_id": "shopcore", "version": Int64(22)})
    database = await opened(url)
    await database.close()
    kept = await client.shop_opening.schema.find_one({"_id": "shopcore"})

    assert kept is not None
    assert kept["version"] > 22


async def test_an_empty_store_is_set_up_by_whoever_comes(own_client: tuple[AsyncMongoClient[Document], str]) -> None:
    """Three at the same moment do it together; every collection has its validator and indexes."""
    client, url = own_client
    databases = await asyncio.gather(*(opened(url) for _ in range(3)))
    for database in databases:
        assert await database.version() == VERSION
        await database.close()

    for declared in COLLECTIONS:
        options = await client.shop_opening[declared.name].options()
        indexes = await client.shop_opening[declared.name].index_information()
        assert options["validator"] == declared.validator
        assert set(indexes) == {"_id_", *(index.name for index in declared.indexes)}


async def test_migrating_again_mends_what_is_missing(own_client: tuple[AsyncMongoClient[Document], str]) -> None:
    """An index that was dropped and a validator that was changed come back; documents stay."""
    client, url = own_client
    database = await opened(url)
    shop = client.shop_opening
    await shop.categories.insert_one({"_id": "a", "slug": "a", "title": "A", "parent_id": None, "position": Int64(0)})
    await shop.categories.drop_index("slug")
    await shop.command("collMod", "categories", validator={})

    assert await database.migrate() == await database.migrate() == VERSION

    assert "slug" in await shop.categories.index_information()
    with pytest.raises(WriteError):
        await shop.categories.insert_one({"_id": "b", "slug": 1})
    assert await shop.categories.count_documents({}) == 1
    await database.close()


async def test_a_shop_of_an_earlier_version_gets_what_is_new(
    own_client: tuple[AsyncMongoClient[Document], str],
) -> None:
    """Also where an attempt was broken off before it had written; what staff have removed does not come back."""
    client, url = own_client
    await (await opened(url)).close()
    shop = client.shop_opening
    await shop.held_keys.delete_many({})
    await shop.shipping_methods.delete_many({})
    await shop.schema.update_one({}, {"$set": {"version": Int64(1)}})

    database = await opened(url)

    assert await shop.held_keys.count_documents({}) == len(HELD_KEYS.seeds)
    assert await shop.shipping_methods.count_documents({}) == 0
    await database.close()


async def test_a_number_that_is_not_64_bits_is_refused(mongo_url: str) -> None:
    """By the server itself, whoever writes."""
    async with mongo_database(mongo_url) as database:
        categories = database.collection(next(each for each in COLLECTIONS if each.name == "categories"))
        with pytest.raises(WriteError):
            await categories.insert_one({"_id": "a", "slug": "a", "title": "A", "parent_id": None, "position": 0})
