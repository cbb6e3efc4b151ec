"""A write that no majority has confirmed: what it was the copy of stays."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pymongo import AsyncMongoClient
from tests.contracts.stores import mongo_database

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.levels import MongoLevels
from shopcore.adapters.mongo.movements import StockMovements
from shopcore.adapters.mongo.reservations import MongoReservations
from shopcore.adapters.mongo.schema.identity import SESSIONS
from shopcore.adapters.mongo.schema.inventory import LEVELS
from shopcore.adapters.mongo.sessions import MongoSessions
from shopcore.inventory.model import StockLine, hold
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.stores import StoreBusy
from shopcore.testing.contracts.identity_samples import a_session
from shopcore.testing.contracts.levels import stock
from shopcore.testing.contracts.samples import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lost_sockets")]

MINE, A = OrderId("mine"), Sku("A")


@pytest.fixture
def url(told_server: str) -> str:
    """A server that can be told what to answer."""
    return f"{told_server}/unconfirmed"


@pytest.fixture
async def database(url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(url) as opened:
        yield opened


async def test_movements_leave_their_level_only_for_a_place_that_is_confirmed(
    url: str, database: MongoDatabase
) -> None:
    """Else a failover could take them back there, when here they are gone."""
    levels, reservations = MongoLevels(database), MongoReservations(database)
    await stock(levels, A, 5)
    await reservations.reserve(hold(MINE, (StockLine(sku=A, quantity=2),), NOON), NOON)
    await reservations.claim(MINE, NOON)
    await reservations.commit(MINE, NOON + timedelta(seconds=1))

    async def embedded() -> int:
        level = await database.collection(LEVELS).find_one({"_id": A})
        return len((level or {})["moves"])

    unconfirmed = {"code": 64, "errmsg": "waiting for replication timed out", "errInfo": {"wtimeout": True}}
    data = {"failCommands": ["insert"], "writeConcernError": unconfirmed}
    async with AsyncMongoClient[dict[str, object]](url) as client:
        await client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": data})
    with pytest.raises(StoreBusy):
        await database.read(lambda _: StockMovements(database).drain(A))
    kept = await embedded()
    await database.read(lambda _: StockMovements(database).drain(A))

    assert (kept, await embedded()) == (2, 0)
    assert len((await levels.movements(A, None, 10)).items) == 3


@pytest.mark.parametrize("code", [24, 112], ids=["a lock", "a conflict"])
async def test_what_the_server_refused_is_not_said_to_be_in_doubt(url: str, database: MongoDatabase, code: int) -> None:
    """Outside of a unit: it has answered that nothing was done."""
    sessions = MongoSessions(database, AesGcmSealer(new_key_ring()))
    data = {"failCommands": ["insert"], "errorCode": code, "appName": "shopcore"}
    async with AsyncMongoClient[dict[str, object]](url) as client:
        await client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": data})
        try:
            with pytest.raises(StoreBusy):
                await sessions.add(a_session("s1"))
        finally:
            await client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    assert await database.collection(SESSIONS).count_documents({}) == 0
