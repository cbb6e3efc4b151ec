"""A unit that is long by itself runs out of its own time; the store that it asked is there for everybody else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from pymongo import AsyncMongoClient
from tests.contracts.stores import mongo_database

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.mongo.breaker import THRESHOLD
from shopcore.adapters.mongo.carts import MongoCarts
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import CartId
from shopcore.kernel.stores import StoreBusy, StoreUndecided, StoreUnreachable
from shopcore.testing.contracts.sales_samples import a_cart, a_token_hash

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lost_sockets"), pytest.mark.timeout(180)]

MINE = CartId("mine")
SEALER = AesGcmSealer(new_key_ring())
SECONDS = 0.5


@pytest.fixture
def url(told_server: str) -> str:
    """A server that can be told to be slow."""
    return f"{told_server}/slow"


@asynccontextmanager
async def slow(url: str, command: str) -> AsyncIterator[None]:
    """Every command of that name takes longer than anybody waits."""
    data = {"failCommands": [command], "blockConnection": True, "blockTimeMS": 2_000, "appName": "shopcore"}
    async with AsyncMongoClient[dict[str, object]](url) as client:
        await client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data})
        try:
            yield
        finally:
            await client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


async def impatient(url: str) -> MongoDatabase:
    return await MongoDatabase.open(url, chance=lambda: 0.5, wait_seconds=SECONDS)


async def deaf(url: str) -> MongoDatabase:
    """The mistake that is looked for: nobody hears that statements are answered."""
    client = AsyncMongoClient[Document](url, appname="shopcore")
    return MongoDatabase(client, "slow", SECONDS, lambda: 0.5)


async def outcomes(
    url: str, command: str, opened: Callable[[str], Awaitable[MongoDatabase]] = impatient
) -> list[object]:
    """Of more units in a row than open the breaker, whose first statement is answered and one later is not; then of a
    call of something else.
    """
    told: list[object] = []
    async with mongo_database(url) as patient:
        await MongoCarts(patient, SEALER).add(a_cart("mine"), a_token_hash("mine"))
        database = await opened(url)
        carts = MongoCarts(database, SEALER)

        async def unit(name: str) -> None:
            await carts.get(MINE)
            await carts.add(a_cart(name), a_token_hash(name))

        async with slow(url, command):
            for number in range(THRESHOLD + 1):
                with pytest.raises(Unavailable) as raised:
                    await MongoUnitOfWork(database)(partial(unit, f"cart {number}"))
                told.append(type(raised.value))
            try:
                told.append((await carts.get(MINE)).id)
            except Unavailable as error:
                told.append(type(error))
        await database.close()
    return told


async def test_a_unit_that_is_slow_by_itself_shuts_the_store_for_nobody(url: str) -> None:
    """It hears that the store is busy, however often; whoever asks for something else is answered."""
    assert await outcomes(url, "insert") == [StoreBusy] * (THRESHOLD + 1) + [MINE]


async def test_a_commit_that_comes_too_late_shuts_the_store_for_nobody(url: str) -> None:
    """Nobody knows what became of it, but that the store is there."""
    assert await outcomes(url, "commitTransaction") == [StoreUndecided] * (THRESHOLD + 1) + [MINE]


async def test_a_store_that_does_not_answer_the_first_statement_is_gone(url: str) -> None:
    """Calls that are answered nothing at all open the breaker as before."""
    assert await outcomes(url, "find") == [StoreUnreachable] * (THRESHOLD + 2)


async def test_who_does_not_listen_is_noticed(url: str) -> None:
    """A slow unit would be taken for a store that is gone."""
    assert await outcomes(url, "insert", deaf) == [StoreUnreachable] * (THRESHOLD + 2)
