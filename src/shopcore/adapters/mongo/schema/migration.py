"""From whatever is there to what is declared: safe to run twice, by two processes, and while a shop serves."""

import pymongo
from bson.int64 import Int64
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from shopcore.adapters.mongo.errors import NAMESPACE_EXISTS
from shopcore.adapters.mongo.schema import (
    access,
    catalog,
    identity,
    inventory,
    messages,
    oauth,
    operations,
    pricing,
    sales,
    shopping,
    webhooks,
)
from shopcore.adapters.mongo.schema.declaration import LONG, TEXT, Collection, Document
from shopcore.adapters.mongo.schema.index_builds import LOOK_EVERY, IndexBuilds
from shopcore.kernel.stores import StoreUnusable

VERSION = 24
"""Raised by every change of the declarations that a shop of the version before could not live with, or would do
harm with: up to 22 a payment was found by a name, which not every one has now, and a paid order that is cancelled
without its payment gives no money back. Up to 23 what was set aside of webhooks had jobs, and no indexes.
"""

ACCOUNTS_DATED = 19
"""The version since which each account says since when it waits to be verified, or that this has to be looked at."""

MIGRATE_SECONDS = 60.0
AT_ONCE = 10_000  # documents that one statement looks at
VERSIONS = Collection(name="schema", shard_key={"_id": 1}, fields={"_id": TEXT, "version": LONG})
_THIS = {"_id": "shopcore"}

COLLECTIONS = (
    VERSIONS,
    *catalog.COLLECTIONS,
    *shopping.COLLECTIONS,
    *inventory.COLLECTIONS,
    *pricing.COLLECTIONS,
    *sales.COLLECTIONS,
    *operations.COLLECTIONS,
    *access.COLLECTIONS,
    *webhooks.COLLECTIONS,
    *identity.COLLECTIONS,
    *messages.COLLECTIONS,
    *oauth.COLLECTIONS,
)


async def version_of(database: AsyncDatabase[Document]) -> int:
    """The version that the store is at; 0 for an empty one."""
    found = await database[VERSIONS.name].find_one(_THIS)
    return int(found["version"]) if found else 0


async def migrate(
    database: AsyncDatabase[Document],
    *,
    anew: bool = False,
    seconds: float = MIGRATE_SECONDS,
    look_every: float = LOOK_EVERY,
) -> int:
    """Take the store to `VERSION`; with `anew` look at every collection even where the version says that nothing is
    missing. `seconds` are for each statement, which is a short one however large the shop has grown, but not for those
    that build indexes: they take what they take, and what is waited for is logged, at every look. Raises
    `StoreUnusable` for a newer version, and the driver's errors. Broken off, it is run again.
    """
    with pymongo.timeout(seconds):
        version = await version_of(database)
        if version > VERSION:
            raise StoreUnusable(
                f"the store is of a newer version ({version}) than this program knows ({VERSION}): update the program"
            )
        if version == VERSION and not anew:
            return VERSION
        changed = await _create(database)
    builds = IndexBuilds(database, seconds, look_every)
    for declared in COLLECTIONS:
        await builds.build(declared)
    # An earlier program sells on until here; what it may no longer write is only refused once this one can take over.
    for declared in changed:
        with pymongo.timeout(seconds):
            await database.command("collMod", declared.name, validator=declared.validator)
    with pymongo.timeout(seconds):
        await sow(database, is_new=version == 0)
    if version < ACCOUNTS_DATED:
        await mark_undated(database, seconds)
    with pymongo.timeout(seconds):
        await database[VERSIONS.name].update_one(_THIS, {"$max": {"version": Int64(VERSION)}}, upsert=True)
    return VERSION


async def sow(database: AsyncDatabase[Document], *, is_new: bool = True) -> None:
    """Give a shop what it starts with, one that is not new only what nobody may take away: a way of shipping that its
    staff have removed stays away. What is there already stays as it is.
    """
    for declared in COLLECTIONS:
        for seed in declared.seeds if is_new or declared.has_lasting_seeds else ():
            await database[declared.name].update_one({"_id": seed["_id"]}, {"$setOnInsert": seed}, upsert=True)


async def mark_undated(database: AsyncDatabase[Document], seconds: float, at_once: int = AT_ONCE) -> None:
    """Of accounts of an earlier version it is not known whether they wait: the schedule that forgets looks at each.
    `seconds` are for each `at_once` of them; broken off, it begins anew, and passes over those that are marked.
    """
    accounts = database[identity.ACCOUNTS.name]
    unknown = {"unverified_since": {"$exists": False}, "undated": {"$exists": False}}
    after = ""
    while True:
        with pymongo.timeout(seconds):
            page = accounts.find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id").limit(at_once)
            if not (found := await page.to_list()):
                return
            these, after = {"$gt": after, "$lte": found[-1]["_id"]}, found[-1]["_id"]
            await accounts.update_many({"_id": these, **unknown}, {"$set": {"undated": True}})


async def _create(database: AsyncDatabase[Document]) -> list[Collection]:
    """Make the collections that are missing; those that were there with another validator."""
    async with await database.list_collections() as cursor:
        there = {each["name"]: each.get("options", {}) for each in await cursor.to_list()}
    changed = [each for each in COLLECTIONS if there.get(each.name, {}).get("validator") != each.validator]
    return [declared for declared in changed if declared.name in there or not await _make(database, declared)]


async def _make(database: AsyncDatabase[Document], declared: Collection) -> bool:
    """Whether it was this process that made it."""
    try:
        await database.create_collection(declared.name, validator=declared.validator, check_exists=False)
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:
            raise
        return False
    return True
