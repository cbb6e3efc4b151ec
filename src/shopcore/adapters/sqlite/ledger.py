"""The books in SQLite, which refuses an entry that does not balance and any change of one that was posted."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.constraints import Refusals, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.key_lists import key_list
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.money import Money
from shopcore.payments.errors import Unbalanced
from shopcore.payments.model import Account, JournalEntry, Posting, Total

_POST = """
INSERT INTO journal_entries (key, at, order_id, payment_id, gateway, postings) VALUES {rows}
ON CONFLICT (key) DO NOTHING
"""
_FOUND = "key, at, order_id, payment_id, gateway, postings FROM journal_entries"
_ENTRIES_OF = f"SELECT {_FOUND} WHERE order_id IN (SELECT value FROM json_each(?)) ORDER BY order_id, seq"
_POSTED = "SELECT key FROM journal_entries WHERE key IN (SELECT value FROM json_each(?))"
_ENTRIES_AT = f"SELECT {_FOUND} WHERE gateway = ? AND at >= ? AND at < ? ORDER BY at, seq LIMIT ?"
_TOTALS = """
SELECT
    postings.account, journal_entries.gateway, postings.currency,
    substr(journal_entries.key, 1, 5) = 'sale/' AS is_sale, sum(postings.amount)
FROM journal_entries CROSS JOIN postings ON postings.entry = journal_entries.seq
WHERE journal_entries.at >= ? AND journal_entries.at < ?
GROUP BY postings.account, journal_entries.gateway, postings.currency, is_sale
ORDER BY postings.account, journal_entries.gateway, postings.currency, is_sale
"""
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
        post = _POST.format(rows=", ".join(["(?, ?, ?, ?, ?, ?)"] * len(entries)))
        values = [
            value
            for entry in entries
            for value in (
                *(entry.key, to_micros(entry.at), entry.order_id, entry.payment_id, entry.gateway),
                _encode(entry.postings).decode(),
            )
        ]

        def statement(connection: sqlite3.Connection) -> None:
            with refusing(_REFUSALS, ""):
                connection.execute(post, values)

        await self._database.write(statement)

    async def entries_of(self, *order_ids: OrderId) -> Sequence[JournalEntry]:
        """See the port."""
        keys = key_list(order_ids)
        rows = await self._database.read(lambda connection: connection.execute(_ENTRIES_OF, (keys,)).fetchall())
        return [_entry(*row) for row in rows]

    async def posted(self, entries: Collection[JournalEntry]) -> frozenset[str]:
        """See the port."""
        keys = key_list([one.key for one in entries])
        rows = await self._database.read(lambda connection: connection.execute(_POSTED, (keys,)).fetchall())
        return frozenset(key for (key,) in rows)

    async def balance(self, account: Account, order_id: OrderId | None = None) -> Mapping[str, Money]:
        """See the port."""
        if order_id is None:
            # Every posting of the account is summed: not for the event loop.
            rows = await self._database.scan(lambda connection: connection.execute(_BALANCE, (account,)).fetchall())
        else:
            key = order_id, account
            rows = await self._database.read(lambda connection: connection.execute(_BALANCE_OF_ORDER, key).fetchall())
        return {currency: Money(amount, currency) for currency, amount in rows}

    async def entries_at(
        self, gateway: str, since: datetime, until: datetime, limit: int | None = None
    ) -> Sequence[JournalEntry]:
        """See the port."""
        span = gateway, to_micros(since), to_micros(until), -1 if limit is None else limit
        rows = await self._database.scan(lambda connection: connection.execute(_ENTRIES_AT, span).fetchall())
        return [_entry(*row) for row in rows]

    async def totals(self, since: datetime, until: datetime, *, fresh: bool = False) -> Sequence[Total]:  # noqa: ARG002
        """See the port. Always fresh: a reader begins with all that is committed."""
        span = to_micros(since), to_micros(until)
        rows = await self._database.scan(lambda connection: connection.execute(_TOTALS, span).fetchall())
        return [
            Total(account=Account(account), gateway=gateway, amount=Money(amount, currency), is_sale=bool(is_sale))
            for account, gateway, currency, is_sale, amount in rows
        ]


def _entry(
    key: str, at: int, order_id: str, payment_id: str | None, gateway: str | None, postings: str
) -> JournalEntry:
    return JournalEntry(
        key=key,
        at=from_micros(at),
        order_id=OrderId(order_id),
        payment_id=None if payment_id is None else PaymentId(payment_id),
        gateway=gateway,
        postings=_decode(postings),
    )
