"""Accounts that an earlier program wrote, which did not note whether they wait to be verified."""

import sqlite3
from datetime import timedelta

import msgspec
import pytest
from bson.int64 import Int64
from pymongo import AsyncMongoClient
from pymongo._csot import get_deadline
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from tests.contracts.stores import Store, mongo_database, mongo_store, sqlite_store

from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.identity import ACCOUNTS
from shopcore.adapters.mongo.schema.migration import ACCOUNTS_DATED, VERSIONS, mark_undated, migrate
from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.migrations import steps
from shopcore.identity.model.accounts import lock, verify
from shopcore.kernel.ids import CustomerId
from shopcore.testing.contracts.identity_samples import an_account
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio

LONG_AGO = NOON - timedelta(days=400)
_STEP = 28
_AS_BEFORE = (
    "DROP INDEX accounts_undated",
    "ALTER TABLE accounts DROP COLUMN undated",
    "UPDATE accounts SET unverified_since = NULL",
)


async def _filled(store: Store) -> None:
    """Five who wait, one who has verified, and one who is locked out."""
    for number in range(7):
        made = msgspec.structs.replace(an_account(f"c{number}"), verified_at=None, created_at=LONG_AGO)
        await store.accounts.add(made)
    await store.accounts.update(CustomerId("c5"), lambda held: verify(held, NOON))
    await store.accounts.update(CustomerId("c6"), lambda held: lock(held, NOON))


async def _assert_dated(store: Store) -> None:
    """Each is looked at once, and but for one who verified meanwhile those who wait are forgotten."""
    assert await store.accounts.remove_unverified(NOON, 10) == 0
    await store.accounts.update(CustomerId("c0"), lambda held: verify(held, NOON))
    looked_at = [await store.unit_of_work(lambda: store.accounts.date_waiting(4)) for _ in range(3)]

    assert looked_at == [4, 2, 0]
    assert await store.accounts.remove_unverified(LONG_AGO - timedelta(microseconds=1), 10) == 0
    assert await store.accounts.remove_unverified(NOON, 10) == 4
    assert sorted(one.id for one in (await store.accounts.page(None, 10)).items) == ["c0", "c5", "c6"]


async def test_those_of_an_older_file_are_looked_at_once() -> None:
    def older(connection: sqlite3.Connection) -> None:
        for statement in (*_AS_BEFORE, *dict(steps())[_STEP]):
            connection.execute(statement)

    database = await Database.open(MEMORY)
    store = sqlite_store(database)
    await _filled(store)
    await database.write(older)
    await _assert_dated(store)
    await database.close()


async def test_those_of_an_older_database_are_looked_at_once(mongo_url: str) -> None:
    """However often it is migrated after that."""
    async with mongo_database(mongo_url) as database:
        store = mongo_store(database)
        await _filled(store)
        await database.collection(ACCOUNTS).update_many({}, {"$unset": {"unverified_since": ""}})
        before = {"$set": {"version": Int64(ACCOUNTS_DATED - 1)}}
        await database.collection(VERSIONS).update_one({"_id": "shopcore"}, before)
        await database.migrate()
        await _assert_dated(store)
        await database.migrate()
        again = await store.accounts.date_waiting(4)

    assert again == 0


class Deadlines(CommandListener):
    """Hears until when each statement of a name may take."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.heard: list[float] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == self._name:
            self.heard.append(get_deadline())

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""


async def test_however_many_there_are_each_statement_has_a_deadline_of_its_own(mongo_url: str) -> None:
    """A shop that has grown is migrated by statements that each take a moment, and none is passed over."""
    async with mongo_database(mongo_url) as database:
        await _filled(mongo_store(database))
        await database.collection(ACCOUNTS).update_many({}, {"$unset": {"unverified_since": "", "undated": ""}})
        heard = Deadlines("update")
        async with AsyncMongoClient[Document](mongo_url, event_listeners=[heard]) as client:
            await mark_undated(client.get_default_database(), 60.0, at_once=3)
        marked = await database.collection(ACCOUNTS).count_documents({"undated": True})

    assert marked == 7
    assert len(heard.heard) == len(set(heard.heard)) == 3


async def test_each_validator_that_changes_has_a_deadline_of_its_own(mongo_url: str) -> None:
    """To tighten one waits for the transactions that are under way in its collection."""
    async with mongo_database(mongo_url):
        heard = Deadlines("collMod")
        async with AsyncMongoClient[Document](mongo_url, event_listeners=[heard]) as client:
            shop = client.get_default_database()
            for name in (ACCOUNTS.name, VERSIONS.name):
                await shop.command("collMod", name, validator={})
            heard.heard.clear()
            await migrate(shop, anew=True)

    assert len(heard.heard) == len(set(heard.heard)) == 2
