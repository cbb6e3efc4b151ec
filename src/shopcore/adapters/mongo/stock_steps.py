"""The steps of a purchase on one SKU: each is one statement on the level, which takes it once or not at all.

A level embeds the reservations that are open, by order and attempt, and the movements of those that were closed. So a
step finds out by itself, in the moment in which it writes, whether it was taken before. None is ever part of a
transaction: of two transactions on one document MongoDB undoes one, and a product that everybody wants would sell
twenty times more slowly.
"""

from enum import Enum, auto
from typing import TypeAlias

from bson.int64 import Int64
from pymongo import ReturnDocument
from pymongo.read_concern import ReadConcern

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.movements import StockMovements, movement_id, purchase_movement
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.inventory import LEVELS
from shopcore.inventory.model import MovementKind, StockLine, StockPolicy
from shopcore.kernel.ids import OrderId

DRAIN_AT = 32  # movements in a level: enough that draining costs little, so few that steps stay quick
Statement: TypeAlias = tuple[Document, Document]
"""A guard, and the change of a level that it guards."""

_COUNT = {"count": {"$size": "$moves"}}


class Taken(Enum):
    """What became of an attempt to promise units."""

    COUNTED = auto()
    UNCOUNTED = auto()
    LACKING = auto()


class StockSteps:
    """For one line of one order. `attempt` is that of the reservation, `begun` its time in microseconds."""

    def __init__(self, database: MongoDatabase) -> None:
        self._levels = database.collection(LEVELS)
        self._newest = self._levels.with_options(read_concern=ReadConcern("local"))
        self._movements = StockMovements(database)

    async def take(self, order_id: OrderId, line: StockLine, attempt: int, begun: int) -> Taken:
        """Promise the units. What an earlier attempt of the same order has taken is taken over."""
        outcome: Taken | None = None
        while outcome is None:  # which the deadline of the calls inside ends
            took = await self._levels.update_one(*taking(order_id, line, attempt, begun))
            outcome = Taken.COUNTED if took.matched_count else await self._untaken(order_id, line, attempt)
        return outcome

    async def _untaken(self, order_id: OrderId, line: StockLine, attempt: int) -> Taken | None:
        """Why it was not: nothing is counted there, the order has it already, or there is not enough. None where the
        level has changed since, so that it is to be tried again.
        """
        level = await self._level(order_id, line)
        if level is None:
            return Taken.UNCOUNTED
        for entry in level.get("open", ()):
            return await self._take_over(order_id, line, int(entry["attempt"]), attempt)
        if not level["tracked"]:
            return Taken.UNCOUNTED
        return Taken.LACKING if lacks(level, line) else None

    async def _level(self, order_id: OrderId, line: StockLine) -> Document | None:
        """Its rules, what is available, and what is open of this order: as it is at this moment, as a statement that
        writes sees it, and not only what a majority has.
        """
        shown = {"tracked": 1, "policy": 1, "available": 1, "open": {"$elemMatch": {"order": order_id}}}
        return await self._newest.find_one({"_id": line.sku}, shown)

    async def _take_over(self, order_id: OrderId, line: StockLine, theirs: int, mine: int) -> Taken | None:
        if theirs > mine:
            raise TryAgain  # this attempt was given up by everybody but itself
        if theirs < mine:
            took = await self._levels.update_one(*taking_over(order_id, line, theirs, mine))
            return Taken.COUNTED if took.matched_count else None
        return Taken.COUNTED

    async def commit(self, order_id: OrderId, line: StockLine, begun: int, at: int) -> None:
        """Take the units from the shelf."""
        await self._move(*closing(order_id, line, MovementKind.COMMITTED, begun, at))

    async def give_back(self, order_id: OrderId, line: StockLine, begun: int, at: int, *, sold: bool) -> None:
        """Promise the units to nobody; with `sold`, put them back on the shelf if they were taken from it."""
        closed = await self._move(*closing(order_id, line, MovementKind.RELEASED, begun, at))
        if not closed and sold:
            await self._restock(order_id, line, at)

    async def _restock(self, order_id: OrderId, line: StockLine, at: int) -> None:
        """Once: looked for in the level and then where it is drained to. `drains` refuses, should it have been drained
        between looking and writing.
        """
        restocked, committed = (
            movement_id(order_id, line.sku, kind) for kind in (MovementKind.RESTOCKED, MovementKind.COMMITTED)
        )
        level = await self._newest.find_one({"_id": line.sku}, {"drains": 1, "moves._id": 1})
        if level is None:
            return
        seen = {each["_id"] for each in level["moves"]} | await self._movements.known(
            line.sku, [restocked, committed], None
        )
        if restocked in seen or committed not in seen:
            return
        if not await self._move(*restocking(order_id, line, at, int(level["drains"]))):
            raise TryAgain

    async def _move(self, guard: Document, change: Document) -> bool:
        level = await self._levels.find_one_and_update(
            guard, change, projection=_COUNT, return_document=ReturnDocument.AFTER
        )
        if level is not None and level["count"] >= DRAIN_AT:
            await self._movements.drain(level["_id"])
        return level is not None


def taking(order_id: OrderId, line: StockLine, attempt: int, begun: int) -> Statement:
    """Promise the units, if there are enough and this order has none."""
    amount = Int64(line.quantity)
    enough = {"$or": [{"policy": StockPolicy.CONTINUE.value}, {"available": {"$gte": line.quantity}}]}
    entry = {"order": order_id, "attempt": Int64(attempt), "quantity": amount, "at": Int64(begun)}
    return (
        {"_id": line.sku, "tracked": True, "open.order": {"$ne": order_id}, **enough},
        {"$inc": {"reserved": amount, "available": -amount}, "$push": {"open": entry}},
    )


def taking_over(order_id: OrderId, line: StockLine, theirs: int, mine: int) -> Statement:
    """What an earlier attempt has taken is this one's."""
    return (
        {"_id": line.sku, "open": {"$elemMatch": {"order": order_id, "attempt": theirs}}},
        {"$set": {"open.$.attempt": Int64(mine)}},
    )


def annulling(order_id: OrderId, line: StockLine, attempt: int | None) -> Statement:
    """As if it had never been taken: what this attempt or one before it has taken, and no later one; None says any."""
    amount, mine = Int64(line.quantity), Document(order=order_id)
    if attempt is not None:
        mine["attempt"] = {"$lte": attempt}
    return (
        {"_id": line.sku, "open": {"$elemMatch": mine}},
        {"$inc": {"reserved": -amount, "available": amount}, "$pull": {"open": mine}},
    )


def closing(order_id: OrderId, line: StockLine, kind: MovementKind, begun: int, at: int) -> Statement:
    """End an open reservation, committed or released. Its beginning becomes a movement together with its end."""
    amount, gone = line.quantity, line.quantity if kind is MovementKind.COMMITTED else 0
    opening = purchase_movement(MovementKind.RESERVED, order_id, line.sku, begun, reserved=amount)
    end = purchase_movement(kind, order_id, line.sku, at, on_hand=-gone, reserved=-amount)
    change = {"on_hand": Int64(-gone), "reserved": Int64(-amount), "available": Int64(amount - gone)}
    return (
        {"_id": line.sku, "open.order": order_id},
        {"$inc": change, "$pull": {"open": {"order": order_id}}, "$push": {"moves": {"$each": [opening, end]}}},
    )


def restocking(order_id: OrderId, line: StockLine, at: int, drains: int) -> Statement:
    """Put what was sold back on the shelf, unless the level was drained since `drains` was read."""
    movement = purchase_movement(MovementKind.RESTOCKED, order_id, line.sku, at, on_hand=line.quantity)
    amount = Int64(line.quantity)
    return (
        {"_id": line.sku, "drains": drains, "moves._id": {"$ne": movement["_id"]}},
        {"$inc": {"on_hand": amount, "available": amount}, "$push": {"moves": movement}},
    )


def lacks(level: Document, line: StockLine) -> bool:
    """Whether there is not enough, where that matters."""
    return bool(level["policy"] == StockPolicy.DENY.value and level["available"] < line.quantity)
