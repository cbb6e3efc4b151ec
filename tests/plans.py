"""How MongoDB answered: every statement with its plan, as the server itself writes it down while it is profiled."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from tests.emptying import CLEANING

from shopcore.adapters.mongo.holdings import WALK
from shopcore.adapters.mongo.schema.declaration import Collection, Document
from shopcore.adapters.mongo.schema.migration import COLLECTIONS

_WHERE_CONDITIONS_ARE = ("filter", "query", "q")
_OURS = {"planSummary": {"$exists": True}, "command.comment": {"$nin": [CLEANING, WALK]}}
_ROOM = 32 * 1024 * 1024
_DECLARED = {declared.name: declared for declared in COLLECTIONS}


@dataclass(frozen=True)
class Statement:
    """One that looked for documents."""

    collection: str
    conditions: Document
    plan: str

    @property
    def walks(self) -> bool:
        """Whether it looked at every document there is."""
        return "COLLSCAN" in self.plan

    @property
    def is_targeted(self) -> bool:
        """Whether a sharded cluster knows from its conditions where to look; small collections are on one shard."""
        declared = _DECLARED[self.collection]
        if declared.is_paged_by_id and "{ _id: 1 }" in self.plan:
            return True
        if declared.shard_key == {"_id": 1} or any(_holds(self.conditions, key) for key in declared.shard_key):
            return True
        return any(index in self.plan for index in _asked_of_every_shard(declared))


def _holds(conditions: Document, key: str) -> bool:
    asked = conditions.get(key)
    return asked is not None and (not isinstance(asked, dict) or bool({"$in", "$eq"} & set(asked)))


def _asked_of_every_shard(declared: Collection) -> Iterator[str]:
    for index in declared.indexes:
        if index.scattered:
            yield "{ " + ", ".join(f"{name}: {direction}" for name, direction in index.spec) + " }"


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[list[Statement]]:
    """Every statement of whoever uses that database meanwhile, from any process; there once the block is over."""
    statements: list[Statement] = []
    async with AsyncMongoClient[dict[str, Any]](url) as client:
        database = client.get_default_database()
        await database.command({"create": "system.profile", "capped": True, "size": _ROOM})
        await database.command("profile", 2)
        try:
            yield statements
        finally:
            await database.command("profile", 0)
            statements += await _noted(database)
            await database["system.profile"].drop()


async def _noted(database: AsyncDatabase[Document]) -> list[Statement]:
    found = await database["system.profile"].find(_OURS).to_list()
    # The next batch of an answer tells by which question it came.
    noted = [
        (each["ns"].partition(".")[2], each.get("originatingCommand") or each["command"], each["planSummary"])
        for each in found
    ]
    return [Statement(name, _conditions(command), plan) for name, command, plan in noted if name in _DECLARED]


def _conditions(command: Document) -> Document:
    for name in _WHERE_CONDITIONS_ARE:
        if name in command:
            found: Document = command[name]
            return found
    first = command.get("pipeline") or [{}]
    matched: Document = first[0].get("$match", {})
    return matched


def assert_sound(statements: list[Statement]) -> None:
    """None walks over a collection, and each tells a sharded cluster where to look, unless its index says otherwise."""
    walking = {f"{one.collection}: {one.conditions}" for one in statements if one.walks}
    scattered = {f"{one.collection}: {one.conditions} by {one.plan}" for one in statements if not one.is_targeted}

    assert statements, "nothing was asked"
    assert not walking, walking
    assert not scattered, scattered
