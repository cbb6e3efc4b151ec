"""Reservations in SQLite: the model says which step is next, conditional statements take it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from shopcore.adapters.sqlite.constraints import all_or_nothing
from shopcore.adapters.sqlite.database import Database
from shopcore.inventory.errors import OutOfStock, ReservationDiffers, ReservationLapsed
from shopcore.inventory.model import (
    MovementKind,
    Reservation,
    ReservationState,
    StockLine,
    claim,
    commit,
    release,
)
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.instants import from_micros, to_micros

_ADD = "INSERT INTO reservations (order_id, state, expires_at) VALUES (?, ?, ?) ON CONFLICT (order_id) DO NOTHING"
_ADD_LINE = "INSERT INTO reservation_lines (order_id, sku, quantity, counted) VALUES (?, ?, ?, ?)"
_TAKE_BACK = "DELETE FROM reservations WHERE order_id = ?"
_GET = "SELECT state, expires_at FROM reservations WHERE order_id = ?"
_LINES = "SELECT sku, quantity FROM reservation_lines WHERE order_id = ? ORDER BY sku"
_MOVE_ON = "UPDATE reservations SET state = :to WHERE order_id = :order_id AND state = :from"
_CLAIM = "UPDATE reservations SET state = 'owned' WHERE order_id = ? AND state = 'held' AND expires_at > ?"
_LAPSED = "SELECT order_id FROM reservations WHERE state = 'held' AND expires_at <= ? ORDER BY expires_at LIMIT ?"

# The guard against overselling; a trigger of the schema adds the movement to its level.
_TAKE = """
INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved, order_id)
SELECT :order_id || '/' || sku || '/reserved', sku, 'reserved', :at, 0, :quantity, :order_id FROM stock_levels
WHERE sku = :sku AND tracked = 1 AND (policy = 'continue' OR on_hand - reserved >= :quantity)
"""
_IS_TRACKED = "SELECT 1 FROM stock_levels WHERE sku = ? AND tracked = 1"
# How many units each kind of movement adds to what is on hand, and to what is reserved, per unit of a line.
_MOVE = """
INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved, order_id)
SELECT order_id || '/' || sku || '/' || :kind, sku, :kind, :at, :on_hand * quantity, :reserved * quantity, order_id
FROM reservation_lines WHERE order_id = :order_id AND counted = 1 ORDER BY sku
"""
_EFFECTS = {
    MovementKind.COMMITTED: (-1, -1),
    MovementKind.RELEASED: (0, -1),
    MovementKind.RESTOCKED: (1, 0),
}


class SqliteReservations:
    """Units promised to orders: each step atomic, idempotent, and with its movements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, reservation: Reservation, at: datetime) -> None:
        """See the port."""
        await self._database.write(lambda connection: _reserve(connection, reservation, at))

    async def claim(self, order_id: OrderId, now: datetime) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            # As a rule it is held and young, which one statement finds out and changes.
            if connection.execute(_CLAIM, (order_id, to_micros(now))).rowcount:
                return
            held = _get(connection, order_id)
            if held is None:
                raise ReservationLapsed
            claim(held, now)

        await self._database.write(statement)

    async def commit(self, order_id: OrderId, at: datetime) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            owned = _get(connection, order_id)
            if owned is None:
                raise ReservationLapsed
            if _move_on(connection, owned, commit(owned)):
                _move(connection, order_id, MovementKind.COMMITTED, at)

        await self._database.write(statement)

    async def release(self, order_id: OrderId, at: datetime) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            taken = _get(connection, order_id)
            if taken is not None and _move_on(connection, taken, release(taken)):
                _move(connection, order_id, _giving_back(taken.state), at)

        await self._database.write(statement)

    async def let_go(self, order_id: OrderId, at: datetime) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            taken = _get(connection, order_id)
            if taken is not None and taken.state is ReservationState.HELD:
                _move_on(connection, taken, release(taken))
                _move(connection, order_id, MovementKind.RELEASED, at)

        await self._database.write(statement)

    async def get(self, order_id: OrderId) -> Reservation | None:
        """See the port."""
        return await self._database.scan(lambda connection: _get(connection, order_id))

    async def lapsed(self, now: datetime, limit: int) -> Sequence[OrderId]:
        """See the port."""
        values = (to_micros(now), limit)
        rows = await self._database.read(lambda connection: connection.execute(_LAPSED, values).fetchall())
        return [OrderId(order_id) for (order_id,) in rows]


def _reserve(connection: sqlite3.Connection, reservation: Reservation, at: datetime) -> None:
    if len(reservation.lines) == 1:
        _reserve_one(connection, reservation, reservation.lines[0], at)
        return
    with all_or_nothing(connection):
        if not _added(connection, reservation):
            return
        lacking = [line.sku for line in reservation.lines if not _take(connection, reservation.id, line, at)]
        if lacking:
            raise OutOfStock(lacking)


def _reserve_one(connection: sqlite3.Connection, reservation: Reservation, line: StockLine, at: datetime) -> None:
    """As most orders are: a refusal has one row to take back, which needs no savepoint."""
    if _added(connection, reservation) and not _take(connection, reservation.id, line, at):
        connection.execute(_TAKE_BACK, (reservation.id,))
        raise OutOfStock([line.sku])


def _added(connection: sqlite3.Connection, reservation: Reservation) -> bool:
    """False if it is there already. Raises `ReservationDiffers`."""
    row = (reservation.id, reservation.state, to_micros(reservation.expires_at))
    if connection.execute(_ADD, row).rowcount == 1:
        return True
    there = _get(connection, reservation.id)
    if there is None or there.lines != reservation.lines:
        raise ReservationDiffers
    return False


def _take(connection: sqlite3.Connection, order_id: OrderId, line: StockLine, at: datetime) -> bool:
    """Promise one line's units; False if they are not there."""
    values = {"order_id": order_id, "sku": line.sku, "quantity": line.quantity, "at": to_micros(at)}
    counted = connection.execute(_TAKE, values).rowcount == 1
    if not counted and connection.execute(_IS_TRACKED, (line.sku,)).fetchone():
        return False
    connection.execute(_ADD_LINE, (order_id, line.sku, line.quantity, counted))
    return True


def _get(connection: sqlite3.Connection, order_id: OrderId) -> Reservation | None:
    row = connection.execute(_GET, (order_id,)).fetchone()
    if row is None:
        return None
    lines = connection.execute(_LINES, (order_id,)).fetchall()
    return Reservation(
        id=order_id,
        lines=tuple(StockLine(sku=Sku(sku), quantity=quantity) for sku, quantity in lines),
        expires_at=from_micros(row[1]),
        state=ReservationState(row[0]),
    )


def _move_on(connection: sqlite3.Connection, old: Reservation, new: Reservation) -> bool:
    """Write the new state; False if it is the old one."""
    if new.state is old.state:
        return False
    values = {"order_id": old.id, "from": old.state, "to": new.state}
    return connection.execute(_MOVE_ON, values).rowcount == 1


def _giving_back(state: ReservationState) -> MovementKind:
    return MovementKind.RESTOCKED if state is ReservationState.COMMITTED else MovementKind.RELEASED


def _move(connection: sqlite3.Connection, order_id: OrderId, kind: MovementKind, at: datetime) -> None:
    on_hand, reserved = _EFFECTS[kind]
    values = {"order_id": order_id, "kind": kind, "at": to_micros(at), "on_hand": on_hand, "reserved": reserved}
    connection.execute(_MOVE, values)
