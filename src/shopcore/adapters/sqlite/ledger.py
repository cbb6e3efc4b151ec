"""The books in SQLite, which refuses an entry that does not balance and any change of one that was posted."""

import sqlite3
from collections.abc import Mapping, Sequence

import msgspec

from shopcore.adapters.sqlite.constraints import Refusals, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.money import Money
from shopcore.payments.errors import Unbalanced
from shopcore.payments.model import Account, JournalEntry, Posting

_POST = """
INSERT INTO journal_entries (key, at, order_id, payment_id, postings) VALUES {rows} ON CONFLICT (key) DO NOTHING
"""
_ENTRIES_OF = "SELECT key, at, order_id, payment_id, postings FROM journal_entries WHERE order_id = ? ORDER BY seq"
_BALANCE = "SELECT currency, sum(amount) FROM postings WHERE account = ? GROUP BY currency"
# CROSS JOIN: the few entries of the order first (sqlite.org/optoverview.html, "Manual control of query plans").
_BALANCE_OF_ORDER = """
SELECT postings.currency, sum(postings.amount)
FROM journal_entries CROSS JOIN postings ON postings.entry = journal_entries.seq
WHERE journal_entries.order_id = ? AND postings.account = ?
GROUP BY postings.currency
"""

_REFUSALS: Refusals = {"a journal entry sums to zero in every currency": lambda _: Unbalanced()}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Posting, ...]).decode


class SqliteLedger:
    """Append-only double-entry books."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def post(self, *entries: JournalEntry) -> None:
        """See the port."""
        if not entries:
            return
        # One statement, which is undone as a whole. As text: SQLite reads a BLOB as its own binary form of JSON.
        post = _POST.format(rows=", ".join(["(?, ?, ?, ?, ?)"] * len(entries)))
        values = [
            value
            for entry in entries
            for value in (
                *(entry.key, to_micros(entry.at), entry.order_id, entry.payment_id),
                _encode(entry.postings).decode(),
            )
        ]

        def statement(connection: sqlite3.Connection) -> None:
            with refusing(_REFUSALS, ""):
                connection.execute(post, values)

        await self._database.write(statement)

    async def entries_of(self, order_id: OrderId) -> Sequence[JournalEntry]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_ENTRIES_OF, (order_id,)).fetchall())
        return [_entry(*row) for row in rows]

    async def balance(self, account: Account, order_id: OrderId | None = None) -> Mapping[str, Money]:
        """See the port."""
        if order_id is None:
            # Every posting of the account is summed: not for the event loop.
            rows = await self._database.scan(lambda connection: connection.execute(_BALANCE, (account,)).fetchall())
        else:
            key = order_id, account
            rows = await self._database.read(lambda connection: connection.execute(_BALANCE_OF_ORDER, key).fetchall())
        return {currency: Money(amount, currency) for currency, amount in rows}


def _entry(key: str, at: int, order_id: str, payment_id: str, postings: str) -> JournalEntry:
    return JournalEntry(
        key=key,
        at=from_micros(at),
        order_id=OrderId(order_id),
        payment_id=PaymentId(payment_id),
        postings=_decode(postings),
    )
