"""Movements of stock in MongoDB: those of purchases stand in their level at first, and are drained from there."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bson.int64 import Int64
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import is_duplicate
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.inventory import LEVELS, MOVEMENTS
from shopcore.adapters.mongo.units import Session
from shopcore.inventory.model import Movement, MovementKind
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.paging import Position, Slice

KEYS = ("-at", "-place", "-_id")
"""Newest first. `place` tells those of one instant apart: a merchant's by their turn, then those of purchases."""

_PURCHASES = 1 << 40
_PLACES = {
    MovementKind.RESERVED: _PURCHASES,
    MovementKind.COMMITTED: _PURCHASES + 1,
    MovementKind.RELEASED: _PURCHASES + 1,
    MovementKind.RESTOCKED: _PURCHASES + 2,
}


def movement_id(order_id: str, sku: str, kind: MovementKind) -> str:
    """What an order's step is known by, once and for all."""
    return f"{order_id}/{sku}/{kind.value}"


def purchase_movement(
    kind: MovementKind, order_id: str, sku: str, at: int, *, on_hand: int = 0, reserved: int = 0
) -> Document:
    """One step of an order; `at` in microseconds."""
    return {
        "_id": movement_id(order_id, sku, kind),
        "sku": sku,
        "kind": kind.value,
        "at": Int64(at),
        "place": Int64(_PLACES[kind]),
        "on_hand": Int64(on_hand),
        "reserved": Int64(reserved),
        "reason": None,
        "order_id": order_id,
    }


def merchant_movement(
    kind: MovementKind, name: str, sku: str, at: datetime, *, turn: int, on_hand: int, reason: str
) -> Document:
    """Somebody counted or found; `turn` is that of the level."""
    return {
        "_id": name,
        "sku": sku,
        "kind": kind.value,
        "at": Int64(to_micros(at)),
        "place": Int64(turn),
        "on_hand": Int64(on_hand),
        "reserved": Int64(0),
        "reason": reason,
        "order_id": None,
    }


class StockMovements:
    """The movements of both places as one list."""

    def __init__(self, database: MongoDatabase) -> None:
        self._levels = database.collection(LEVELS)
        self._movements = database.collection(MOVEMENTS)

    async def page(self, sku: Sku, position: Position | None, limit: int, session: Session) -> Slice[Movement]:
        """Newest first. The level is read first: what is drained in between is then seen twice, and never missed."""
        level = await self._levels.find_one({"_id": sku}, {"open": 1, "moves": 1}, session=session) or {}
        cursor = self._movements.find({"sku": sku, **beyond(KEYS, position)}, session=session)
        found = await cursor.sort([("at", -1), ("place", -1), ("_id", -1)]).limit(limit + 1).to_list()
        embedded = [*(_reserved(sku, entry) for entry in level.get("open", [])), *level.get("moves", [])]
        every = {each["_id"]: each for each in (*found, *embedded) if position is None or _key(each) < position}
        return sliced(sorted(every.values(), key=_key, reverse=True), KEYS, limit, _decoded)

    async def among(self, ids: Mapping[str, str], session: Session) -> set[str]:
        """Those of these ids, each with its SKU, that were recorded in the collection for it."""
        wanted = {"_id": {"$in": list(ids)}, "sku": {"$in": sorted(set(ids.values()))}}
        found = await self._movements.find(wanted, {"sku": 1}, session=session).to_list()
        return {each["_id"] for each in found if ids[each["_id"]] == each["sku"]}

    async def known(self, sku: str, ids: Sequence[str], session: Session) -> set[str]:
        """Those of these ids that were recorded in the collection, for that SKU."""
        wanted = {"_id": {"$in": list(ids)}, "sku": sku}
        found = await self._movements.find(wanted, {"_id": 1}, session=session).to_list()
        return {each["_id"] for each in found}

    async def add(self, *movements: Document, session: Session) -> None:
        """Record a merchant's movements, in the transaction that changes their levels."""
        if movements:
            await self._movements.insert_many(movements, session=session)

    async def drain(self, *skus: str) -> None:
        """Take movements out of their levels. They are in the collection before they leave a level, so that they are
        always to be found; two that drain at once do it once. `drains` tells who looked before from who looks after.
        """
        found = await self._levels.find({"_id": {"$in": list(skus)}}, {"moves": 1}).to_list()
        full = [level for level in found if level["moves"]]
        if not full:
            return
        try:
            await self._movements.insert_many([move for level in full for move in level["moves"]], ordered=False)
        except BulkWriteError as error:
            if not is_duplicate(error):
                raise  # nothing may leave its level for a place that could be undone
        await self._levels.bulk_write([_emptying(level) for level in full], ordered=False)


def _emptying(level: Document) -> UpdateOne:
    ids = [each["_id"] for each in level["moves"]]
    change = {"$pull": {"moves": {"_id": {"$in": ids}}}, "$inc": {"drains": Int64(1)}}
    return UpdateOne({"_id": level["_id"]}, change)


def _reserved(sku: str, entry: Document) -> Document:
    return purchase_movement(
        MovementKind.RESERVED, entry["order"], sku, int(entry["at"]), reserved=int(entry["quantity"])
    )


def _key(document: Document) -> tuple[int, int, str]:
    return document["at"], document["place"], document["_id"]


def _decoded(document: Document) -> Movement:
    order_id = document["order_id"]
    return Movement(
        id=document["_id"],
        sku=Sku(document["sku"]),
        kind=MovementKind(document["kind"]),
        at=from_micros(document["at"]),
        on_hand=int(document["on_hand"]),
        reserved=int(document["reserved"]),
        reason=document["reason"],
        order_id=None if order_id is None else OrderId(order_id),
    )
