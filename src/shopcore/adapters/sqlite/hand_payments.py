"""What staff say of money that no machine sees, in SQLite."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.instants import to_micros
from shopcore.payments.model import HandPayment, moments_of

_GET = "SELECT body FROM hand_payments WHERE key = ?"
_PUT = """
INSERT INTO hand_payments (key, first_moved_at, last_moved_at, body)
VALUES (:key, :first_moved_at, :last_moved_at, :body)
ON CONFLICT (key) DO UPDATE SET
    first_moved_at = excluded.first_moved_at, last_moved_at = excluded.last_moved_at, body = excluded.body
"""
_MOVED = """
SELECT body FROM hand_payments WHERE last_moved_at >= ? AND first_moved_at < ? ORDER BY last_moved_at, key
"""

_decode = msgspec.json.Decoder(HandPayment).decode


class SqliteHandPayments:
    """One row for each attempt."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> HandPayment | None:
        """See the port."""
        return await self._database.read(lambda connection: _find(connection, key))

    async def change(self, key: str, change: Callable[[HandPayment | None], HandPayment]) -> HandPayment:
        """See the port."""

        def step(connection: sqlite3.Connection) -> HandPayment:
            old = _find(connection, key)
            new = change(old)
            if new == old:
                return new
            new = msgspec.structs.replace(new, key=key, version=new.version if old is None else old.version + 1)
            connection.execute(_PUT, _row(new))
            return new

        return await self._database.write(step)

    async def moved(self, since: datetime, until: datetime) -> Sequence[HandPayment]:
        """See the port."""
        asked = to_micros(since), to_micros(until)
        rows = await self._database.scan(lambda connection: connection.execute(_MOVED, asked).fetchall())
        return [_decode(body) for (body,) in rows]


def _find(connection: sqlite3.Connection, key: str) -> HandPayment | None:
    row = connection.execute(_GET, (key,)).fetchone()
    return None if row is None else _decode(row[0])


def _row(one: HandPayment) -> dict[str, object]:
    moments = [to_micros(at) for at in moments_of(one)]
    return {
        "key": one.key,
        "first_moved_at": min(moments, default=None),
        "last_moved_at": max(moments, default=None),
        "body": msgspec.json.encode(one),
    }
