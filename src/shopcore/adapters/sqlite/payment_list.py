"""Payments in SQLite, as staff look through them."""

from collections.abc import Mapping, Sequence

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.instants import to_micros
from shopcore.kernel.money import Money
from shopcore.kernel.paging import Position, Slice
from shopcore.payments.model import Payment, PaymentState, PaymentTotal
from shopcore.payments.ports import PaymentFilter

_WANTED = """
begun_at >= :since AND begun_at < :until
AND (:state IS NULL OR state = :state)
AND (:gateway IS NULL OR json_extract(CAST(body AS TEXT), '$.gateway') = :gateway)
"""
_PAGE = f"""
SELECT body, begun_at, id FROM payments INDEXED BY payments_by_age
WHERE {_WANTED} AND (begun_at, id) < (:begun_at, :id)
ORDER BY begun_at DESC, id DESC LIMIT :limit
"""
_TOTALS = f"""
SELECT gateway, state, currency, count(*), sum(amount) FROM (
    SELECT
        json_extract(CAST(body AS TEXT), '$.gateway') AS gateway,
        state,
        json_extract(CAST(body AS TEXT), '$.amount.currency') AS currency,
        coalesce(
            json_extract(CAST(body AS TEXT), '$.captured.amount'), json_extract(CAST(body AS TEXT), '$.amount.amount')
        ) AS amount
    FROM payments INDEXED BY payments_by_age WHERE {_WANTED}
) GROUP BY gateway, state, currency ORDER BY gateway, state, currency
"""
_BEFORE_THE_FIRST = (2**63 - 1, "")

_decode = msgspec.json.Decoder(Payment).decode


class SqlitePaymentList:
    """The payments of a span of time, and their sums."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: PaymentFilter, after: Position | None, limit: int) -> Slice[Payment]:
        """See the port."""
        begun_at, payment_id = after or _BEFORE_THE_FIRST
        row = {"begun_at": begun_at, "id": payment_id, "limit": limit + 1, **_asked(wanted)}
        rows = await self._database.scan(lambda connection: connection.execute(_PAGE, row).fetchall())
        items = [_decode(body) for body, _, _ in rows[:limit]]
        return Slice(items=items, next_position=rows[limit - 1][1:] if len(rows) > limit else None)

    async def totals(self, wanted: PaymentFilter) -> Sequence[PaymentTotal]:
        """See the port."""
        rows = await self._database.scan(lambda connection: connection.execute(_TOTALS, _asked(wanted)).fetchall())
        return [
            PaymentTotal(gateway=gateway, state=PaymentState(state), count=count, amount=Money(amount, currency))
            for gateway, state, currency, count, amount in rows
        ]


def _asked(wanted: PaymentFilter) -> Mapping[str, object]:
    return {
        "since": to_micros(wanted.since),
        "until": to_micros(wanted.until),
        "state": wanted.state,
        "gateway": wanted.gateway,
    }
