"""A write that no majority has confirmed: what it was the copy of stays."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pymongo import AsyncMongoClient
from tests.contracts.stores import mongo_database

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.levels import MongoLevels
from shopcore.adapters.mongo.movements import StockMovements
from shopcore.adapters.mongo.reservations import MongoReservations
from shopcore.adapters.mongo.schema.inventory import LEVELS
from shopcore.inventory.model import StockLine, hold
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.stores import StoreBusy
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
