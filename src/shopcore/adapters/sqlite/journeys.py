"""Journeys in SQLite: a row for each cart, whose columns are filled as it goes on."""

from datetime import datetime

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.instants import to_micros
from shopcore.kernel.money import Money
from shopcore.reporting.model import Counts, Journey, Sales

_NOTE = """
INSERT INTO journeys (cart_id, opened_at, order_id, placed_at, paid_at, amount, currency) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (cart_id) DO UPDATE SET
    opened_at = min(opened_at, excluded.opened_at),
    order_id = coalesce(order_id, excluded.order_id),
    placed_at = min(coalesce(placed_at, excluded.placed_at), coalesce(excluded.placed_at, placed_at)),
    paid_at = min(coalesce(paid_at, excluded.paid_at), coalesce(excluded.paid_at, paid_at)),
    amount = coalesce(amount, excluded.amount),
    currency = coalesce(currency, excluded.currency)
"""
_COUNT = "SELECT count(*), count(placed_at), count(paid_at) FROM journeys WHERE opened_at >= ? AND opened_at < ?"
_SALES = """
SELECT currency, count(*), sum(amount) FROM journeys WHERE opened_at >= ? AND opened_at < ? AND paid_at IS NOT NULL
GROUP BY currency ORDER BY currency
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

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        key = to_micros(before), limit
        return await self._database.write(lambda connection: connection.execute(_FORGET, key).rowcount)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)
