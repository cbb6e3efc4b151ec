"""The steps of a purchase on all SKUs of one order at once: a hundred lines cost a few round trips, not some for each.

Every statement is still one of `stock_steps`, on one level, and takes its step once or not at all. They are only sent
together, so what became of each is seen by looking; whoever was cut off half-way looks first, and does what is missing.
"""

from collections.abc import Mapping, Sequence

from pymongo import UpdateOne
from pymongo.read_concern import ReadConcern

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.movements import StockMovements, movement_id
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.inventory import LEVELS
from shopcore.adapters.mongo.stock_steps import (
    DRAIN_AT,
    StockSteps,
    Taken,
    annulling,
    closing,
    lacks,
    restocking,
    taking,
    taking_over,
)
from shopcore.inventory.model import MovementKind, StockLine
from shopcore.kernel.ids import OrderId

Lines = Sequence[StockLine]


class StockLines:
    """For the lines of one order, no two of one SKU. `attempt` is that of the reservation, `begun` its time."""

    def __init__(self, database: MongoDatabase) -> None:
        self._levels = database.collection(LEVELS)
        self._newest = self._levels.with_options(read_concern=ReadConcern("local"))
        self._movements = StockMovements(database)
        self._steps = StockSteps(database)

    async def take(self, order_id: OrderId, lines: Lines, attempt: int, begun: int) -> Mapping[StockLine, Taken]:
        """Promise the units of all, or of some, and tell what lacks: then whoever asked is to annul the others."""
        if len(lines) == 1:
            return {lines[0]: await self._steps.take(order_id, lines[0], attempt, begun)}
        while True:  # which the deadline of the calls inside ends
            outcomes, writing = await self._looked(order_id, lines, attempt, begun)
            if Taken.LACKING in outcomes.values() or not writing:
                return outcomes
            if (await self._levels.bulk_write(writing, ordered=False)).matched_count == len(writing):
                return outcomes

    async def _looked(
        self, order_id: OrderId, lines: Lines, attempt: int, begun: int
    ) -> tuple[Mapping[StockLine, Taken], list[UpdateOne]]:
        """What taking them comes to as the levels are now, and the statements for what has not been taken yet."""
        shown = {"tracked": 1, "policy": 1, "available": 1, "open": {"$elemMatch": {"order": order_id}}}
        there = await self._found(lines, shown)
        outcomes: dict[StockLine, Taken] = {}
        writing: list[UpdateOne] = []
        for line in lines:
            level = there.get(line.sku, {"tracked": False})
            entry = next(iter(level.get("open", ())), None)
            if entry is not None:
                outcomes[line] = Taken.COUNTED
                if entry["attempt"] > attempt:
                    raise TryAgain  # this attempt was given up by everybody but itself
                if entry["attempt"] < attempt:
                    writing.append(UpdateOne(*taking_over(order_id, line, int(entry["attempt"]), attempt)))
            elif not level["tracked"]:
                outcomes[line] = Taken.UNCOUNTED
            elif lacks(level, line):
                outcomes[line] = Taken.LACKING
            else:
                outcomes[line] = Taken.COUNTED
                writing.append(UpdateOne(*taking(order_id, line, attempt, begun)))
        return outcomes, writing

    async def annul(self, order_id: OrderId, lines: Lines, attempt: int | None = None) -> None:
        """As if they had never been taken: what this attempt or one before it has taken, and no later one; None says
        any.
        """
        if lines:
            writing = [UpdateOne(*annulling(order_id, line, attempt)) for line in lines]
            await self._levels.bulk_write(writing, ordered=False)

    async def commit(self, order_id: OrderId, lines: Lines, begun: int, at: int) -> None:
        """Take the units from the shelf."""
        if len(lines) == 1:
            await self._steps.commit(order_id, lines[0], begun, at)
            return
        await self._close(order_id, lines, MovementKind.COMMITTED, begun, at)

    async def give_back(self, order_id: OrderId, lines: Lines, begun: int, at: int, *, sold: bool) -> None:
        """Promise the units to nobody; with `sold`, put them back on the shelf if they were taken from it."""
        if len(lines) == 1:
            await self._steps.give_back(order_id, lines[0], begun, at, sold=sold)
            return
        closed = await self._close(order_id, lines, MovementKind.RELEASED, begun, at)
        if sold and closed < len(lines):
            await self._restock(order_id, lines, at)

    async def _close(self, order_id: OrderId, lines: Lines, kind: MovementKind, begun: int, at: int) -> int:
        """End those that are open; how many were."""
        return await self._move(lines, [closing(order_id, line, kind, begun, at) for line in lines])

    async def _restock(self, order_id: OrderId, lines: Lines, at: int) -> None:
        """Once: looked for in the levels and then where they are drained to. `drains` refuses what was drained between
        looking and writing.
        """
        there = await self._found(lines, {"drains": 1, "moves._id": 1})
        seen = {each["_id"] for level in there.values() for each in level["moves"]}
        kinds = (MovementKind.RESTOCKED, MovementKind.COMMITTED)
        names = {line: [movement_id(order_id, line.sku, kind) for kind in kinds] for line in lines}
        seen |= await self._movements.among({name: line.sku for line, two in names.items() for name in two}, None)
        owed = [
            line
            for line, (restocked, committed) in names.items()
            if line.sku in there and restocked not in seen and committed in seen
        ]
        writing = [restocking(order_id, line, at, int(there[line.sku]["drains"])) for line in owed]
        if await self._move(owed, writing) < len(owed):
            raise TryAgain

    async def _move(self, lines: Lines, writing: Sequence[tuple[Document, Document]]) -> int:
        if not writing:
            return 0
        done = await self._levels.bulk_write([UpdateOne(*each) for each in writing], ordered=False)
        full = {"_id": {"$in": [line.sku for line in lines]}, f"moves.{DRAIN_AT - 1}": {"$exists": True}}
        if draining := [level["_id"] async for level in self._newest.find(full, {"_id": 1})]:
            await self._movements.drain(*draining)
        return done.matched_count

    async def _found(self, lines: Lines, shown: Document) -> dict[str, Document]:
        """The levels as they are at this moment, as a statement that writes sees them, and not only what a majority
        has.
        """
        wanted = {"_id": {"$in": [line.sku for line in lines]}}
        return {level["_id"]: level async for level in self._newest.find(wanted, shown)}
