"""Two that write the same document for the first time, at the same moment, by more fields than the unique one."""

from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import DuplicateKeyError
from tests.contracts.stores import mongo_database

from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.oauth import MongoConsents
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import WALLETS
from shopcore.adapters.mongo.wallets import MongoWallets
from shopcore.testing.contracts.oauth import a_consent
from shopcore.testing.contracts.wallets import FIRST

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(told_server: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(f"{told_server}/upserts") as opened:
        yield opened


async def was_faster(told_server: str, command: str, times: int = 1) -> None:
    """The next such commands of the shop find that another has added it meanwhile, as the server says it."""
    known = {"keyPattern": {"_id": 1}, "keyValue": {"_id": "there"}}
    data = {"failCommands": [command], "errorCode": 11000, "errorExtraInfo": known, "appName": "shopcore"}
    async with AsyncMongoClient[Document](told_server) as client:
        await client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data})


async def test_the_later_one_of_two_first_wallets_is_told_of_the_one_there_is(
    told_server: str, database: MongoDatabase
) -> None:
    """Outside of a unit, where a wallet is looked for, and in one, which is run again."""
    wallets = MongoWallets(database)
    await was_faster(told_server, "findAndModify")
    outside = await wallets.add(FIRST)
    await was_faster(told_server, "findAndModify")
    inside = await MongoUnitOfWork(database)(lambda: wallets.add(FIRST))

    assert outside == inside == FIRST
    assert await database.collection(WALLETS).count_documents({}) == 1


async def test_of_two_first_consents_the_later_one_stands(told_server: str, database: MongoDatabase) -> None:
    consents, consent = MongoConsents(database), a_consent("app")
    await was_faster(told_server, "update")
    await consents.put(consent)

    assert await consents.find(consent.customer_id, consent.client_id) == consent


async def test_what_stays_a_duplicate_is_not_asked_for_ever(told_server: str, database: MongoDatabase) -> None:
    """That would be another mistake, which somebody has to hear of."""
    await was_faster(told_server, "findAndModify", times=2)
    with pytest.raises(DuplicateKeyError):
        await MongoWallets(database).add(FIRST)
