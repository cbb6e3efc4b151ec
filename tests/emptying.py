"""What a test leaves on MongoDB goes; collections and indexes stay, which is many times quicker than making them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pymongo
from pymongo.database import Database

from shopcore.adapters.mongo.schema.migration import COLLECTIONS, VERSIONS

CLEANING = "a test leaves the database empty"
"""The comment of statements that no shop makes."""

_clients: dict[str, pymongo.MongoClient[dict[str, Any]]] = {}
_KEPT = [declared for declared in COLLECTIONS if declared is not VERSIONS]


def emptied(url: str) -> None:
    """Leave nothing in that database but what a new store has. One that is no store yet stays none."""
    empty(_database(url))


def empty(database: Database[dict[str, Any]]) -> None:
    """Likewise, of whoever has it open."""
    filled = _filled(database)
    if VERSIONS.name not in filled:
        return
    for declared in _KEPT:
        if declared.name in filled:
            database[declared.name].delete_many({}, comment=CLEANING)
        if declared.seeds:
            database[declared.name].insert_many(declared.seeds)


def copied(url: str) -> Mapping[str, Sequence[dict[str, Any]]]:
    """Everything that is in that database, collection by collection."""
    database = _database(url)
    return {name: list(database[name].find({}, comment=CLEANING)) for name in sorted(_filled(database))}


def put_back(url: str, copy: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """What was copied in the place of what is there."""
    database = _database(url)
    for declared in _KEPT:
        database[declared.name].delete_many({}, comment=CLEANING)
        if declared.name in copy:
            database[declared.name].insert_many(copy[declared.name], comment=CLEANING)


def disconnect() -> None:
    """From servers that are about to end, or have ended: nobody waits for those."""
    while _clients:
        with pymongo.timeout(1):
            _clients.popitem()[1].close()


def looked_at() -> tuple[str, list[dict[str, Any]]]:
    """A collection and what to aggregate on it, to learn in one question which collections hold anything."""
    one: dict[str, list[dict[str, Any]]] = {
        each.name: [{"$limit": 1}, {"$project": {"_id": {"$literal": each.name}}}] for each in COLLECTIONS
    }
    first = COLLECTIONS[0].name
    others: list[dict[str, Any]] = [
        {"$unionWith": {"coll": name, "pipeline": some}} for name, some in one.items() if name != first
    ]
    return first, [*one[first], *others]


def _filled(database: Database[dict[str, Any]]) -> set[str]:
    first, question = looked_at()
    with database[first].aggregate(question, comment=CLEANING) as found:
        return {each["_id"] for each in found}


def _database(url: str) -> Database[dict[str, Any]]:
    place, question, options = url.partition("?")
    server, _, name = place.rpartition("/")
    return _client_of(f"{server}/{question}{options}")[name]


def _client_of(server: str) -> pymongo.MongoClient[dict[str, Any]]:
    """One for each server, until it ends: to connect takes longer than to empty."""
    if server not in _clients:
        _clients[server] = pymongo.MongoClient(server)
    return _clients[server]
