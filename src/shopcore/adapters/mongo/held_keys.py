"""Which keys a shop needs, noted so that nobody who writes an account overlooks a change of it."""

import zlib
from collections.abc import Callable, Sequence

import msgspec
from bson.int64 import Int64

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.schema.operations import HELD_KEYS
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.stores import StoreUnusable
from shopcore.privacy.model import HeldKeys

_NOTE = {"_id": "note"}
_PARTS = [str(seed["_id"]) for seed in HELD_KEYS.seeds if seed["_id"] != "note"]
_NOT_WHOLE = "the collection held_keys is not whole: run `shop migrate`"
_TAKEN = {"$inc": {"version": Int64(1)}}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(HeldKeys).decode


async def require_keys(database: MongoDatabase, held: Sequence[str], account_id: str, session: Session) -> None:
    """In a unit that writes an account: raise `StoreUnusable` for a process that lacks a key under which every account
    has to be written. Taking a part of the lock makes this unit and one that changes the note exclude each other.
    """
    part = _PARTS[zlib.crc32(account_id.encode()) % len(_PARTS)]
    database.claim(HELD_KEYS, part)
    found = await database.collection(HELD_KEYS).find_one_and_update({"_id": part}, _TAKEN, session=session)
    if found is None:
        raise StoreUnusable(_NOT_WHOLE)
    missing = [key for key in found["index"] if key not in held]
    if missing:
        raise StoreUnusable(f"INDEX_KEY lacks {', '.join(missing)}: start this process again with the shop's keys")


async def read(database: MongoDatabase) -> HeldKeys:
    """The note."""
    found = await database.read(
        lambda session: database.collection(HELD_KEYS).find_one(_NOTE, session=session),
    )
    return HeldKeys() if found is None else _decode(found["body"])


async def change(database: MongoDatabase, by: Callable[[HeldKeys], HeldKeys]) -> HeldKeys:
    """The note as `by` leaves it, in the whole lock if the keys of the index are others."""
    collection = database.collection(HELD_KEYS)

    async def step(session: Session) -> HeldKeys:
        database.claim(HELD_KEYS, "note")
        found = await collection.find_one(_NOTE, session=session)
        if found is None:
            raise StoreUnusable(_NOT_WHOLE)
        old = _decode(found["body"])
        new = by(old)
        guard = {**_NOTE, "version": found["version"]}
        note = {"$set": {"index": list(new.index), "body": _encode(new)}, **_TAKEN}
        if (await collection.update_one(guard, note, session=session)).matched_count == 0:
            raise TryAgain
        if new.index != old.index:
            for part in _PARTS:
                database.claim(HELD_KEYS, part)
            everywhere = {"$set": {"index": list(new.index)}, **_TAKEN}
            await collection.update_many({"_id": {"$in": _PARTS}}, everywhere, session=session)
        return new

    return await database.write(step)
