"""Stock levels in MongoDB. What a merchant does is a transaction; what buyers do never is (`reservations`)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bson.int64 import Int64
from pymongo import ReturnDocument

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.level_changes import Level, new_level
from shopcore.adapters.mongo.movements import StockMovements, merchant_movement
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.inventory import LEVELS
from shopcore.adapters.mongo.units import Session
from shopcore.inventory.errors import StockItemNotFound, WouldOversell
from shopcore.inventory.model import LevelChange, Movement, MovementKind, StockItem, StockPolicy
from shopcore.kernel.ids import Sku
from shopcore.kernel.paging import Position, Slice

FIGURES = {"open": 0, "moves": 0}
"""What is read of a level: its lists are long where many buy, and none of a reader's business."""

_FREE: list[Document] = [{"tracked": False}, {"policy": StockPolicy.CONTINUE.value}]
"""Levels that nothing can oversell."""


class MongoLevels:
    """What is on hand, by SKU."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._levels = database.collection(LEVELS)
        self._movements = StockMovements(database)

    async def find(self, skus: Sequence[Sku]) -> Mapping[Sku, StockItem]:
        """See the port."""
        asked = {"_id": {"$in": list(skus)}}
        found = await self._database.latest(
            LEVELS, lambda session: self._levels.find(asked, FIGURES, session=session).to_list()
        )
        return {item.sku: item for item in map(stock_item, found)}

    async def set_rules(self, sku: Sku, *, tracked: bool, policy: StockPolicy) -> StockItem:
        """See the port."""
        strict = tracked and policy is StockPolicy.DENY
        guard: Document = {"on_hand": {"$gte": 0}, "available": {"$gte": 0}} if strict else {}
        rules = {"tracked": tracked, "policy": policy.value}

        async def step(session: Session) -> StockItem:
            self._database.claim(LEVELS, sku)
            changed = await self._update({"_id": sku, **guard}, {"$set": rules}, session)
            if changed is not None:
                return stock_item(changed)
            if await self._levels.find_one({"_id": sku}, {"_id": 1}, session=session):
                raise WouldOversell(sku)
            added = new_level(sku, rules)
            await self._levels.insert_one(added, session=session)
            return stock_item(added)

        return await self._database.write(step)

    async def set_on_hand(
        self, sku: Sku, on_hand: int, *, kind: MovementKind, reason: str, movement_id: str, at: datetime
    ) -> StockItem:
        """See the port."""
        fields: Document = {
            "on_hand": Int64(on_hand),
            "available": {"$subtract": [Int64(on_hand), "$reserved"]},
            "turn": {"$add": ["$turn", Int64(1)]},
        }
        if kind is MovementKind.IMPORTED:
            fields["imported"] = Int64(on_hand)
        guard: Document = {"$or": [*_FREE, {"reserved": {"$lte": on_hand}}]}

        async def step(session: Session) -> StockItem:
            self._database.claim(LEVELS, sku)
            if (there := await self._unless_known(sku, movement_id)) is not None:
                return there
            if on_hand < 0:
                raise WouldOversell(sku)
            before = await self._levels.find_one_and_update(
                {"_id": sku, **guard}, [{"$set": fields}], projection=FIGURES, session=session
            )
            self._database.has_written(LEVELS)
            if before is None:
                raise WouldOversell(sku)
            turn, by = int(before["turn"]) + 1, on_hand - int(before["on_hand"])
            if by:
                await self._movements.add(
                    merchant_movement(kind, movement_id, sku, at, turn=turn, on_hand=by, reason=reason),
                    session=session,
                )
            imported = on_hand if kind is MovementKind.IMPORTED else before["imported"]
            return stock_item({**before, "on_hand": on_hand, "imported": imported})

        return await self._database.write(step)

    async def take_in(self, changes: Sequence[LevelChange], *, reason: str, at: datetime) -> Sequence[Sku]:
        """See the port. What is decided is decided on the transaction's own view: whoever changes one of these levels
        meanwhile undoes it, and it is run again.
        """
        asked = {"_id": {"$in": [change.sku for change in changes]}}

        async def step(session: Session) -> Sequence[Sku]:
            for change in changes:
                self._database.claim(LEVELS, change.sku)
            there = {each["_id"]: each async for each in self._levels.find(asked, FIGURES, session=session)}
            known = await self._movements.among({change.movement_id: change.sku for change in changes}, session)
            levels = [Level(change.sku, there.get(change.sku), at, reason) for change in changes]
            refused = [
                change.sku
                for level, change in zip(levels, changes, strict=True)
                if not level.take_in(change, is_known=change.movement_id in known)
            ]
            if writing := [write for level in levels if (write := level.write)]:
                await self._levels.bulk_write(writing, session=session)
                self._database.has_written(LEVELS)
            await self._movements.add(*(each for level in levels for each in level.movements), session=session)
            return refused

        return await self._database.write(step) if changes else ()

    async def adjust(self, sku: Sku, by: int, *, reason: str, movement_id: str, at: datetime) -> StockItem:
        """See the port."""
        if not by:
            return await self._there(sku)
        kind, amount = MovementKind.ADJUSTED, Int64(by)
        # What was oversold may be counted up towards zero; nothing is counted down below it.
        guard: Document = {} if by > 0 else {"on_hand": {"$gte": -by}, "$or": [*_FREE, {"available": {"$gte": -by}}]}
        change = {"$inc": {"on_hand": amount, "available": amount, "turn": Int64(1)}}

        async def step(session: Session) -> StockItem:
            self._database.claim(LEVELS, sku)
            if (there := await self._unless_known(sku, movement_id)) is not None:
                return there
            after = await self._update({"_id": sku, **guard}, change, session)
            if after is None:
                raise WouldOversell(sku)
            await self._movements.add(
                merchant_movement(kind, movement_id, sku, at, turn=int(after["turn"]), on_hand=by, reason=reason),
                session=session,
            )
            return stock_item(after)

        return await self._database.write(step)

    async def page(self, after: Position | None, limit: int) -> Slice[StockItem]:
        """See the port."""
        asked = beyond(("_id",), after)
        found = await self._database.latest(
            LEVELS,
            lambda session: self._levels.find(asked, FIGURES, session=session).sort("_id").limit(limit + 1).to_list(),
        )
        return sliced(found, ("_id",), limit, stock_item)

    async def movements(self, sku: Sku, after: Position | None, limit: int) -> Slice[Movement]:
        """See the port."""
        return await self._database.latest(LEVELS, lambda session: self._movements.page(sku, after, limit, session))

    async def _there(self, sku: Sku) -> StockItem:
        found = (await self.find([sku])).get(sku)
        if found is None:
            raise StockItemNotFound(sku)
        return found

    async def _unless_known(self, sku: Sku, movement_id: str) -> StockItem | None:
        """The level, if this movement of it is there already.

        Asked outside of the transaction, whose first statement is then the change of the level: where buyers change it
        hundreds of times a second, every statement before would be the time in which one of them comes in between.
        """
        there = await self._there(sku)
        known = await self._database.latest(LEVELS, lambda session: self._movements.known(sku, [movement_id], session))
        return there if known else None

    async def _update(self, guard: Document, change: Document, session: Session) -> Document | None:
        found: Document | None = await self._levels.find_one_and_update(
            guard, change, projection=FIGURES, return_document=ReturnDocument.AFTER, session=session
        )
        self._database.has_written(LEVELS)
        return found


def stock_item(document: Document) -> StockItem:
    """A level without its lists."""
    imported = document["imported"]
    return StockItem(
        sku=Sku(document["_id"]),
        tracked=document["tracked"],
        policy=StockPolicy(document["policy"]),
        on_hand=int(document["on_hand"]),
        reserved=int(document["reserved"]),
        imported=None if imported is None else int(imported),
    )
