"""Levels with their movements, and reservations, for a move: nothing of them may be under way."""

from collections.abc import Sequence
from functools import partial

from bson.int64 import Int64
from pymongo.errors import BulkWriteError

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import is_duplicate
from shopcore.adapters.mongo.levels import stock_item
from shopcore.adapters.mongo.movements import StockMovements, merchant_movement, purchase_movement
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.inventory import LEVELS, MOVEMENTS, RESERVATIONS
from shopcore.adapters.mongo.units import Session
from shopcore.inventory.model import HOLD, Movement, MovementKind, Reservation, ReservationState, StockLine
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.paging import Position
from shopcore.kernel.stores import StoreUnusable
from shopcore.operations.ports import KeptReservation, KeptStock

_BATCH = 1_000
_CLOSING = {MovementKind.COMMITTED, MovementKind.RELEASED}


class KeptStockDocuments:
    """Between levels and reservations as a move tells them, and their documents."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._levels = database.collection(LEVELS)
        self._movements = database.collection(MOVEMENTS)
        self._reservations = database.collection(RESERVATIONS)
        self._pages = StockMovements(database)

    async def level(self, document: Document) -> KeptStock:
        """A level with all its movements."""
        item, found = stock_item(document), list[Movement]()
        after: Position | None = None
        while True:
            start = after
            page = await self._database.read(lambda session: self._pages.page(item.sku, start, _BATCH, session))  # noqa: B023 - awaited here
            found.extend(page.items)
            after = page.next_position
            if after is None:
                return KeptStock(item=item, movements=tuple(reversed(found)))

    def reservation(self, document: Document) -> KeptReservation:
        """A reservation that no step of is under way. Raises `StoreUnusable`."""
        states = {state.value for state in ReservationState}
        settled = document["due"] is None or document["state"] == ReservationState.HELD.value
        if document["state"] not in states or not settled:
            raise StoreUnusable(
                f"reservations/{document['_id']} is under way: let shop worker finish it, stop it, and move again"
            )
        lines = document["lines"]
        return KeptReservation(
            reservation=Reservation(
                id=OrderId(document["_id"]),
                lines=tuple(StockLine(sku=Sku(line["sku"]), quantity=int(line["quantity"])) for line in lines),
                expires_at=from_micros(document["expires"]),
                state=ReservationState(document["state"]),
            ),
            uncounted=tuple(Sku(line["sku"]) for line in lines if not line["counted"]),
        )

    async def put_level(self, kept: KeptStock) -> None:
        """A level after its movements, which are found there where it was broken off. What is reserved and not closed
        stands in the level itself.
        """
        item = kept.item
        closed = {one.order_id for one in kept.movements if one.kind in _CLOSING}
        is_open = [one.kind is MovementKind.RESERVED and one.order_id not in closed for one in kept.movements]
        moves = [
            _movement(one, turn)
            for turn, (one, stays) in enumerate(zip(kept.movements, is_open, strict=True), 1)
            if not stays
        ]
        level: Document = {
            "_id": item.sku,
            "tracked": item.tracked,
            "policy": item.policy.value,
            "on_hand": Int64(item.on_hand),
            "reserved": Int64(item.reserved),
            "available": Int64(item.available),
            "imported": None if item.imported is None else Int64(item.imported),
            "turn": Int64(len(kept.movements)),
            "drains": Int64(0),
            "open": [_entry(one) for one, stays in zip(kept.movements, is_open, strict=True) if stays],
            "moves": [],
        }

        async def is_there(session: Session) -> bool:
            return await self._levels.find_one({"_id": item.sku}, {"_id": 1}, session=session) is not None

        if await self._database.read(is_there):
            return
        for start in range(0, len(moves), _BATCH):
            await self._database.once(partial(self._add_movements, moves[start : start + _BATCH]))
        await self._database.once(lambda session: self._levels.insert_one(level, session=session))

    async def _add_movements(self, moves: Sequence[Document], session: Session) -> None:
        try:
            await self._movements.insert_many(moves, ordered=False, session=session)
        except BulkWriteError as error:
            if not is_duplicate(error):
                raise

    async def put_reservation(self, kept: KeptReservation) -> None:
        """A reservation; `begun` is when it was made, which is as long before it lapses as it holds."""
        held = kept.reservation
        expires = Int64(to_micros(held.expires_at))
        document: Document = {
            "_id": held.id,
            "state": held.state.value,
            "was": held.state.value,
            "attempt": Int64(1),
            "begun": Int64(to_micros(held.expires_at - HOLD)),
            "expires": expires,
            "due": expires if held.state is ReservationState.HELD else None,
            "lines": [
                {"sku": line.sku, "quantity": Int64(line.quantity), "counted": line.sku not in kept.uncounted}
                for line in held.lines
            ],
        }

        async def step(session: Session) -> None:
            if not await self._reservations.find_one({"_id": held.id}, {"_id": 1}, session=session):
                await self._reservations.insert_one(document, session=session)

        await self._database.write(step)


def _movement(one: Movement, turn: int) -> Document:
    if one.order_id is None:
        return merchant_movement(
            one.kind, one.id, one.sku, one.at, turn=turn, on_hand=one.on_hand, reason=one.reason or ""
        )
    at = to_micros(one.at)
    return purchase_movement(one.kind, one.order_id, one.sku, at, on_hand=one.on_hand, reserved=one.reserved)


def _entry(one: Movement) -> Document:
    return {
        "order": one.order_id,
        "attempt": Int64(1),
        "quantity": Int64(one.reserved),
        "at": Int64(to_micros(one.at)),
    }
