"""An index that takes long: it is waited for and told of, the shop sells meanwhile, and nobody begins anew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from bson.int64 import Int64
from pymongo import AsyncMongoClient
from tests.http.conftest import log_lines

from shopcore.adapters.mongo.connection import prepare
from shopcore.adapters.mongo.schema.catalog import CATEGORIES
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.migration import VERSION, migrate, version_of

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lost_sockets"), pytest.mark.timeout(180)]

CLIENT = AsyncMongoClient[Document]
DATABASE = "built"
HANGS = "hangAfterStartingIndexBuild"


@pytest.fixture
async def client(told_server: str) -> AsyncIterator[CLIENT]:
    """A shop with categories, of an earlier version: an index is missing, and a validator is another."""
    async with CLIENT(told_server) as client:
        await migrate(prepare(client, DATABASE))
        shop = client[DATABASE]
        await shop.categories.delete_many({})
        await shop.categories.insert_many([category(name) for name in ("a", "b", "c")])
        await shop.categories.drop_index("slug")
        await shop.command("collMod", "categories", validator={})
        await shop.schema.update_one({"_id": "shopcore"}, {"$set": {"version": Int64(VERSION - 1)}})
        yield client
        await client.drop_database(DATABASE)


def category(name: str) -> Document:
    return {"_id": name, "slug": name, "title": name, "parent_id": None, "position": Int64(0)}


@asynccontextmanager
async def hanging(client: CLIENT) -> AsyncIterator[None]:
    await client.admin.command({"configureFailPoint": HANGS, "mode": "alwaysOn"})
    try:
        yield
    finally:
        await client.admin.command({"configureFailPoint": HANGS, "mode": "off"})


async def asked(client: CLIENT) -> list[Document]:
    """The commands that wait for an index, as the server has them."""
    steps: list[Document] = [
        {"$currentOp": {}},
        {"$match": {"command.createIndexes": "categories", "desc": {"$regex": "^conn"}}},
    ]
    async with await client.admin.aggregate(steps) as cursor:
        return [each["command"] async for each in cursor]


async def building(client: CLIENT) -> bool:
    found = await client[DATABASE].command({"listIndexes": "categories", "includeIndexBuildInfo": True})
    return any("indexBuildInfo" in each for each in found["cursor"]["firstBatch"])


def waiting(client: CLIENT) -> "asyncio.Task[int]":
    return asyncio.ensure_future(migrate(prepare(client, DATABASE), look_every=0.05))


async def when(holds: Any) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.01)


async def test_a_long_build_has_no_deadline_and_the_shop_goes_on(client: CLIENT) -> None:
    """The server is given none, so that it aborts nothing; what is sold is written, also by the earlier program."""
    shop = client[DATABASE]
    with log_lines() as logs:
        async with hanging(client):
            task = waiting(client)

            async def is_told() -> bool:
                return any(each["event"] == "index_build_waited_for" and each["indexes"] for each in logs)

            await when(is_told)
            (command,) = await asked(client)
            await shop.categories.insert_one({"_id": "earlier", "slug": "earlier"})
            version, options = await version_of(prepare(client, DATABASE)), await shop.categories.options()
            is_done = task.done()
        await task

    assert "maxTimeMS" not in command
    assert command["commitQuorum"] == "majority"
    assert (version, options.get("validator"), is_done) == (VERSION - 1, None, False)
    assert {"collection": "categories", "indexes": ["slug"]}.items() <= logs[-1].items()
    assert (await shop.categories.options())["validator"] == CATEGORIES.validator
    assert "slug" in await shop.categories.index_information()
    assert await version_of(prepare(client, DATABASE)) == VERSION


async def test_whoever_comes_after_one_that_was_killed_waits_for_the_same_build(client: CLIENT) -> None:
    """Several at once, too: the server builds it once, and all are told when it is there."""
    async with hanging(client):
        killed = waiting(client)
        await when(lambda: building(client))
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        assert await building(client)
        others = [waiting(client) for _ in range(2)]

        async def both_ask() -> bool:
            return len(await asked(client)) >= 2

        await when(both_ask)
    await asyncio.gather(*others)

    assert killed.cancelled()
    assert not await building(client)
    assert "slug" in await client[DATABASE].categories.index_information()
