"""Accounts that an earlier program wrote, which did not note whether they wait to be verified."""

import sqlite3
from datetime import timedelta

import msgspec
import pytest
from bson.int64 import Int64
from tests.contracts.stores import Store, mongo_database, mongo_store, sqlite_store

from shopcore.adapters.mongo.schema.identity import ACCOUNTS
from shopcore.adapters.mongo.schema.migration import ACCOUNTS_DATED, VERSIONS
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
