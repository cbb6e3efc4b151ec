"""Reservations in MongoDB: a document says where each stands, the levels (`stock_steps`) say what it holds.

The document goes ahead: it is there before the first unit is taken, and says what is to become of the units before the
first one moves. `due` is when somebody has to look after it: one that nobody claimed, or whose step was cut off.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bson.int64 import Int64
from pymongo.errors import DuplicateKeyError

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.inventory import RESERVATIONS
from shopcore.adapters.mongo.stock_lines import StockLines
from shopcore.adapters.mongo.stock_steps import Taken
from shopcore.adapters.mongo.units import Session
from shopcore.inventory.errors import OutOfStock, ReservationDiffers, ReservationLapsed
from shopcore.inventory.model import Reservation, ReservationState, StockLine, claim, commit
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.instants import from_micros, to_micros

_TAKING = "taking"
"""Not all units are there yet. For everybody else there is no reservation."""

# Whoever began it is done by then, or dead, as a rule. Where a write may wait for longer (`WRITE_TIMEOUT_SECONDS`), or
# the process stood still, it is overtaken: what it does then is in the name of its own attempt, which counts for
# nothing.
_TAKING_SECONDS = timedelta(seconds=5)
_SETTLING = timedelta(minutes=1)  # until somebody else finishes what was cut off


class MongoReservations:
    """Units promised to orders. Only `claim` is part of the unit of work that it is called in."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._reservations = database.collection(RESERVATIONS)
        self._steps = StockLines(database)

    async def reserve(self, reservation: Reservation, at: datetime) -> None:
        """See the port."""

        async def step(_: Session) -> None:
            attempt = await self._begin(reservation, at)
            if attempt is not None:
                await self._take_all(reservation, attempt, to_micros(at))

        await self._database.beside(RESERVATIONS, reservation.id, step)

    async def _begin(self, reservation: Reservation, at: datetime) -> int | None:
        """Write down what is to be taken; the number of this attempt, or None where there is a reservation."""
        begun, expires = Int64(to_micros(at)), Int64(to_micros(reservation.expires_at))
        document: Document = {"_id": reservation.id, "state": _TAKING, "was": _TAKING, "attempt": Int64(1)}
        document |= {"begun": begun, "expires": expires, "due": expires}
        document["lines"] = [_line(line, counted=True) for line in reservation.lines]
        try:
            await self._reservations.insert_one(document)
        except DuplicateKeyError:
            there = await self._find(reservation.id)
            if there is not None and _lines(there) != reservation.lines:
                raise ReservationDiffers from None
            if there is not None and there["state"] != _TAKING:
                return None
            if there is None or from_micros(there["begun"]) + _TAKING_SECONDS > at:
                raise TryAgain from None  # it is being taken at this moment, or was refused just now
            attempt = Int64(int(there["attempt"]) + 1)
            guard = {"_id": reservation.id, "state": _TAKING, "attempt": there["attempt"]}
            took = await self._reservations.replace_one(guard, {**document, "attempt": attempt})
            if not took.matched_count:
                raise TryAgain from None
            return attempt
        return 1

    async def _take_all(self, reservation: Reservation, attempt: int, begun: int) -> None:
        order_id, lines = reservation.id, reservation.lines
        taken = await self._steps.take(order_id, lines, attempt, begun)
        mine = {"_id": order_id, "state": _TAKING, "attempt": attempt}
        lacking = [line.sku for line, outcome in taken.items() if outcome is Taken.LACKING]
        if lacking:
            await self._steps.annul(order_id, lines, attempt)
            await self._reservations.delete_one(mine)
            raise OutOfStock(lacking)
        kept = [_line(line, counted=taken[line] is Taken.COUNTED) for line in lines]
        held = {"$set": {"state": reservation.state.value, "lines": kept}}
        if not (await self._reservations.update_one(mine, held)).matched_count:
            # Somebody else has taken this over, or given it up: what is still in this attempt's name is nobody's.
            await self._steps.annul(order_id, lines, attempt)
            raise TryAgain

    async def claim(self, order_id: OrderId, now: datetime) -> None:
        """See the port."""
        young = {"_id": order_id, "state": ReservationState.HELD.value, "expires": {"$gt": to_micros(now)}}
        change = {"$set": {"state": ReservationState.OWNED.value, "due": None}}

        async def step(session: Session) -> None:
            # As a rule it is held and young, which one statement finds out and changes.
            if (await self._reservations.update_one(young, change, session=session)).matched_count:
                if session is not None:
                    self._database.has_written(RESERVATIONS)
                return
            seen = _reservation(await self._find(order_id, session))
            if seen is None and session is not None and _reservation(await self._find(order_id)) is not None:
                raise TryAgain  # it was reserved after this transaction had begun
            if seen is None:
                raise ReservationLapsed
            claim(seen, now)
            if seen.state is ReservationState.HELD:
                raise TryAgain

        await self._database.guarded(RESERVATIONS, order_id, step)

    async def commit(self, order_id: OrderId, at: datetime) -> None:
        """See the port."""

        async def step(_: Session) -> None:
            there = await self._find(order_id)
            owned = _reservation(there)
            if there is None or owned is None:
                raise ReservationLapsed
            if commit(owned).state is not owned.state:
                there = await self._turn(there, ReservationState.COMMITTED, at)
            await self._settle(there, at)

        await self._database.beside(RESERVATIONS, order_id, step)

    async def release(self, order_id: OrderId, at: datetime) -> None:
        """See the port."""
        await self._give_back(order_id, at, frozenset(ReservationState) - {ReservationState.RELEASED})

    async def let_go(self, order_id: OrderId, at: datetime) -> None:
        """See the port."""
        await self._give_back(order_id, at, frozenset({ReservationState.HELD}))

    async def _give_back(self, order_id: OrderId, at: datetime, of: frozenset[ReservationState]) -> None:
        async def step(_: Session) -> None:
            there = await self._find(order_id)
            if there is None:
                return
            if there["state"] in {_TAKING, *of}:
                there = await self._turn(there, ReservationState.RELEASED, at)
            await self._settle(there, at)

        await self._database.beside(RESERVATIONS, order_id, step)

    async def _turn(self, there: Document, state: ReservationState, at: datetime) -> Document:
        """Say what is to become of the units, and that it has to be looked after until they have moved."""
        new = {"state": state.value, "was": there["state"], "due": Int64(to_micros(at + _SETTLING))}
        guard = {"_id": there["_id"], "state": there["state"], "attempt": there["attempt"]}
        if not (await self._reservations.update_one(guard, {"$set": new})).matched_count:
            raise TryAgain
        return {**there, **new}

    async def _settle(self, there: Document, at: datetime) -> None:
        """Move the units as the document says, unless they have moved: each line once, however often this is run."""
        state, due = there["state"], there["due"]
        if due is None or state not in {ReservationState.COMMITTED, ReservationState.RELEASED}:
            return
        order_id, begun, was = OrderId(there["_id"]), int(there["begun"]), there["was"]
        lines = _counted(there)
        if was == _TAKING:
            await self._steps.annul(order_id, lines)
        elif state == ReservationState.COMMITTED:
            await self._steps.commit(order_id, lines, begun, to_micros(at))
        else:
            sold = was == ReservationState.COMMITTED
            await self._steps.give_back(order_id, lines, begun, to_micros(at), sold=sold)
        await self._reservations.update_one({"_id": order_id, "state": state}, {"$set": {"due": None}})

    async def get(self, order_id: OrderId) -> Reservation | None:
        """See the port."""
        return _reservation(await self._database.latest(RESERVATIONS, lambda session: self._find(order_id, session)))

    async def lapsed(self, now: datetime, limit: int) -> Sequence[OrderId]:
        """See the port."""
        asked = {"due": {"$lte": to_micros(now), "$type": "long"}}  # as the partial index says it
        found = await self._database.latest(
            RESERVATIONS,
            lambda session: (
                self._reservations.find(asked, {"_id": 1}, session=session).sort("due").limit(limit).to_list()
            ),
        )
        return [OrderId(each["_id"]) for each in found]

    async def _find(self, order_id: OrderId, session: Session = None) -> Document | None:
        return await self._reservations.find_one({"_id": order_id}, session=session)


def _line(line: StockLine, *, counted: bool) -> Document:
    return {"sku": line.sku, "quantity": Int64(line.quantity), "counted": counted}


def _lines(document: Document, *, all_of_them: bool = True) -> tuple[StockLine, ...]:
    return tuple(
        StockLine(sku=Sku(line["sku"]), quantity=int(line["quantity"]))
        for line in document["lines"]
        if all_of_them or line["counted"]
    )


def _counted(document: Document) -> tuple[StockLine, ...]:
    return _lines(document, all_of_them=False)


def _reservation(document: Document | None) -> Reservation | None:
    if document is None or document["state"] == _TAKING:
        return None
    return Reservation(
        id=OrderId(document["_id"]),
        lines=_lines(document),
        expires_at=from_micros(document["expires"]),
        state=ReservationState(document["state"]),
    )
