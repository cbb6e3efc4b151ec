"""Journeys in SQLite: a row for each cart, whose columns are filled as it goes on."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.money import Money
from shopcore.reporting.model import Counts, Journey, Sales

_NOTE = """
INSERT INTO journeys (cart_id, opened_at, order_id, placed_at, paid_at, amount, currency, merged_into)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (cart_id) DO UPDATE SET
    opened_at = min(opened_at, excluded.opened_at),
    order_id = coalesce(order_id, excluded.order_id),
    placed_at = min(coalesce(placed_at, excluded.placed_at), coalesce(excluded.placed_at, placed_at)),
    paid_at = min(coalesce(paid_at, excluded.paid_at), coalesce(excluded.paid_at, paid_at)),
    amount = coalesce(amount, excluded.amount),
    currency = coalesce(currency, excluded.currency),
    merged_into = coalesce(merged_into, excluded.merged_into)
"""
_COUNT = """
SELECT count(*), count(placed_at), count(paid_at) FROM journeys
WHERE opened_at >= ? AND opened_at < ? AND merged_into IS NULL
"""
_UNPLACED = """
SELECT count(*) FROM json_each(?) JOIN journeys ON cart_id = json_each.value
WHERE opened_at >= ? AND opened_at < ? AND merged_into IS NULL AND placed_at IS NULL
"""
_SALES = """
SELECT currency, count(*), sum(amount) FROM journeys
WHERE opened_at >= ? AND opened_at < ? AND paid_at IS NOT NULL AND merged_into IS NULL
GROUP BY currency ORDER BY currency
"""
_WALK = """
SELECT cart_id, opened_at, order_id, placed_at, paid_at, amount, currency, merged_into FROM journeys
WHERE cart_id > ? ORDER BY cart_id LIMIT ?
"""
_FORGET = """
DELETE FROM journeys WHERE cart_id IN (SELECT cart_id FROM journeys WHERE opened_at < ? ORDER BY opened_at LIMIT ?)
"""


class SqliteJourneys:
    """How far each cart has come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, journey: Journey) -> None:
        """See the port."""
        total = journey.total
        row = (
            journey.cart_id,
            to_micros(journey.opened_at),
            journey.order_id,
            _micros(journey.placed_at),
            _micros(journey.paid_at),
            None if total is None else total.amount,
            None if total is None else total.currency,
            journey.merged_into,
        )
        await self._database.write(lambda connection: connection.execute(_NOTE, row))

    async def count(self, since: datetime, until: datetime) -> Counts:
        """See the port."""
        key = to_micros(since), to_micros(until)
        (carts, orders, paid), sales = await self._database.scan(
            lambda connection: (connection.execute(_COUNT, key).fetchone(), connection.execute(_SALES, key).fetchall())
        )
        found = tuple(Sales(orders=count, total=Money(amount, currency)) for currency, count, amount in sales)
        return Counts(carts=carts, orders=orders, paid=paid, sales=found)

    async def unplaced(self, carts: Sequence[CartId], since: datetime, until: datetime) -> int:
        """See the port."""
        key = msgspec.json.encode(carts).decode(), to_micros(since), to_micros(until)
        (found,) = await self._database.scan(lambda connection: connection.execute(_UNPLACED, key).fetchone())
        return int(found)

    async def walk(self, after: str, limit: int) -> Sequence[tuple[str, Journey]]:
        """See the port."""
        rows = await self._database.scan(lambda connection: connection.execute(_WALK, (after, limit)).fetchall())
        return [(row[0], _journey(*row)) for row in rows]

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        key = to_micros(before), limit
        return await self._database.write(lambda connection: connection.execute(_FORGET, key).rowcount)


def _journey(
    cart_id: str,
    opened_at: int,
    order_id: str | None,
    placed_at: int | None,
    paid_at: int | None,
    amount: int | None,
    currency: str | None,
    merged_into: str | None,
) -> Journey:
    return Journey(
        cart_id=CartId(cart_id),
        opened_at=from_micros(opened_at),
        order_id=None if order_id is None else OrderId(order_id),
        placed_at=None if placed_at is None else from_micros(placed_at),
        paid_at=None if paid_at is None else from_micros(paid_at),
        total=None if amount is None or currency is None else Money(amount, currency),
        merged_into=None if merged_into is None else CartId(merged_into),
    )


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)
