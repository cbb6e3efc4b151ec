"""Stock levels in SQLite. What moves a level is its movement: a trigger of the schema applies it."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from shopcore.adapters.sqlite.constraints import Refusals, all_or_nothing, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.key_lists import key_list
from shopcore.inventory.errors import StockItemNotFound, WouldOversell
from shopcore.inventory.model import LevelChange, Movement, MovementKind, StockItem, StockPolicy
from shopcore.kernel.ids import OrderId, Sku
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.paging import Position, Slice

_FIND = """
SELECT sku, tracked, policy, on_hand, reserved, imported FROM stock_levels
WHERE sku IN (SELECT value FROM json_each(?))
"""
_GET = "SELECT sku, tracked, policy, on_hand, reserved, imported FROM stock_levels WHERE sku = ?"
_PAGE = """
SELECT sku, tracked, policy, on_hand, reserved, imported FROM stock_levels WHERE sku > ? ORDER BY sku LIMIT ?
"""
_SET_RULES = """
INSERT INTO stock_levels (sku, tracked, policy) VALUES (:sku, :tracked, :policy)
ON CONFLICT (sku) DO UPDATE SET tracked = excluded.tracked, policy = excluded.policy
WHERE (tracked, policy) <> (excluded.tracked, excluded.policy)
"""
_KNOWN = "SELECT 1 FROM stock_movements WHERE id = ?"
_SET_ON_HAND = """
INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved, reason)
SELECT :id, sku, :kind, :at, :on_hand - on_hand, 0, :reason FROM stock_levels WHERE sku = :sku AND on_hand <> :on_hand
"""
_REMEMBER = "UPDATE stock_levels SET imported = :on_hand WHERE sku = :sku AND imported IS NOT :on_hand"
# What was oversold may be counted up towards zero; nothing is counted down below it.
_ADJUST = """
INSERT INTO stock_movements (id, sku, kind, at, on_hand, reserved, reason)
SELECT :id, sku, 'adjusted', :at, :by, 0, :reason FROM stock_levels
WHERE sku = :sku AND (:by > 0 OR on_hand + :by >= 0)
"""
_MOVEMENTS = """
SELECT seq, id, sku, kind, at, on_hand, reserved, reason, order_id FROM stock_movements
WHERE sku = ? AND seq < ? ORDER BY seq DESC LIMIT ?
"""

_REFUSALS: Refusals = {"CHECK constraint failed: never_oversold": lambda sku: WouldOversell(Sku(sku))}
_NEWEST = 2**63 - 1


class SqliteLevels:
    """What is on hand, by SKU."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, skus: Sequence[Sku]) -> Mapping[Sku, StockItem]:
        """See the port."""
        return await self._database.read(lambda connection: find_levels(connection, skus))

    async def set_rules(self, sku: Sku, *, tracked: bool, policy: StockPolicy) -> StockItem:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> StockItem:
            _set_rules(connection, sku, tracked, policy)
            return _get(connection, sku)

        return await self._database.write(statement)

    async def set_on_hand(
        self, sku: Sku, on_hand: int, *, kind: MovementKind, reason: str, movement_id: str, at: datetime
    ) -> StockItem:
        """See the port."""
        values: dict[str, str | int] = {"id": movement_id, "sku": sku, "kind": kind, "on_hand": on_hand}
        values |= {"at": to_micros(at), "reason": reason}
        return await self._database.write(lambda connection: _set_on_hand(connection, values))

    async def take_in(self, changes: Sequence[LevelChange], *, reason: str, at: datetime) -> Sequence[Sku]:
        """See the port."""

        def statements(connection: sqlite3.Connection) -> list[Sku]:
            with all_or_nothing(connection):
                return [change.sku for change in changes if not _take_in(connection, change, reason, at)]

        return await self._database.write(statements)

    async def adjust(self, sku: Sku, by: int, *, reason: str, movement_id: str, at: datetime) -> StockItem:
        """See the port."""
        values: dict[str, str | int] = {"id": movement_id, "sku": sku, "by": by, "reason": reason}
        values["at"] = to_micros(at)
        return await self._database.write(lambda connection: _adjust(connection, sku, values))

    async def page(self, after: Position | None, limit: int) -> Slice[StockItem]:
        """See the port."""
        start = after[0] if after else ""
        rows = await self._database.scan(lambda connection: connection.execute(_PAGE, (start, limit + 1)).fetchall())
        items = [stock_item(row) for row in rows[:limit]]
        return Slice(items=items, next_position=(items[-1].sku,) if len(rows) > limit else None)

    async def movements(self, sku: Sku, after: Position | None, limit: int) -> Slice[Movement]:
        """See the port."""
        values = (sku, after[0] if after else _NEWEST, limit + 1)
        rows = await self._database.scan(lambda connection: connection.execute(_MOVEMENTS, values).fetchall())
        shown = rows[:limit]
        return Slice(
            items=[read_movement(row) for row in shown], next_position=(shown[-1][0],) if len(rows) > limit else None
        )


def find_levels(connection: sqlite3.Connection, skus: Sequence[Sku]) -> Mapping[Sku, StockItem]:
    """The levels that there are of these."""
    rows = connection.execute(_FIND, (key_list(skus),)).fetchall()
    return {item.sku: item for item in map(stock_item, rows)}


def _get(connection: sqlite3.Connection, sku: str) -> StockItem:
    row = connection.execute(_GET, (sku,)).fetchone()
    if row is None:
        raise StockItemNotFound(sku)
    return stock_item(row)


def _set_rules(connection: sqlite3.Connection, sku: Sku, tracked: bool, policy: StockPolicy) -> None:  # noqa: FBT001
    with refusing(_REFUSALS, sku):
        connection.execute(_SET_RULES, {"sku": sku, "tracked": tracked, "policy": policy})


def _take_in(connection: sqlite3.Connection, change: LevelChange, reason: str, at: datetime) -> bool:
    values: dict[str, str | int] = {"id": change.movement_id, "sku": change.sku, "kind": MovementKind.IMPORTED}
    values |= {"at": to_micros(at), "reason": reason}
    try:
        if change.rules is not None:
            _set_rules(connection, change.sku, *change.rules)
        if change.on_hand is not None:
            _set_on_hand(connection, values | {"on_hand": change.on_hand})
    except WouldOversell:
        return False
    return True


def _set_on_hand(connection: sqlite3.Connection, values: dict[str, str | int]) -> StockItem:
    sku, on_hand = Sku(str(values["sku"])), int(values["on_hand"])
    item = _get(connection, sku)
    if on_hand < 0:
        raise WouldOversell(sku)
    if connection.execute(_KNOWN, (values["id"],)).fetchone():
        return item
    with all_or_nothing(connection), refusing(_REFUSALS, sku):
        connection.execute(_SET_ON_HAND, values)
        if values["kind"] == MovementKind.IMPORTED:
            connection.execute(_REMEMBER, {"sku": sku, "on_hand": on_hand})
    return _get(connection, sku)


def _adjust(connection: sqlite3.Connection, sku: Sku, values: dict[str, str | int]) -> StockItem:
    item = _get(connection, sku)
    if not values["by"] or connection.execute(_KNOWN, (values["id"],)).fetchone():
        return item
    with refusing(_REFUSALS, sku):
        applied = connection.execute(_ADJUST, values).rowcount
    if not applied:
        raise WouldOversell(sku)
    return _get(connection, sku)


def stock_item(row: tuple[str, int, str, int, int, int | None]) -> StockItem:
    """A row of stock_levels."""
    sku, tracked, policy, on_hand, reserved, imported = row
    return StockItem(
        sku=Sku(sku),
        tracked=bool(tracked),
        policy=StockPolicy(policy),
        on_hand=on_hand,
        reserved=reserved,
        imported=imported,
    )


def read_movement(row: tuple[int, str, str, str, int, int, int, str | None, str | None]) -> Movement:
    """A row of `stock_movements`, in the order of its columns."""
    _, movement_id, sku, kind, at, on_hand, reserved, reason, order_id = row
    return Movement(
        id=movement_id,
        sku=Sku(sku),
        kind=MovementKind(kind),
        at=from_micros(at),
        on_hand=on_hand,
        reserved=reserved,
        reason=reason,
        order_id=None if order_id is None else OrderId(order_id),
    )
