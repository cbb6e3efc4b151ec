"""Webhooks in SQLite, each kept once."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.payments.ports import Aside, GatewayEvent

_STORE = """
INSERT INTO inbox (gateway, event_id, at, body) VALUES (?, ?, ?, ?) ON CONFLICT (gateway, event_id) DO NOTHING
"""
_GET = "SELECT body FROM inbox WHERE gateway = ? AND event_id = ?"

# Walks along the index by age: those that are kept are few.
_FORGET = """
DELETE FROM inbox WHERE rowid IN (
    SELECT rowid FROM inbox WHERE at < :before
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:kept)
        WHERE json_extract(value, '$[0]') = gateway AND json_extract(value, '$[1]') = event_id
    )
    ORDER BY at LIMIT :limit
)
"""

_SET_ASIDE = "UPDATE inbox SET payment_id = ?, look_at = ? WHERE gateway = ? AND event_id = ? AND at = ?"
_TAKE_UP = "UPDATE inbox SET payment_id = NULL, look_at = NULL WHERE gateway = ? AND event_id = ? AND at = ?"
_ASIDE = "gateway, event_id, payment_id, at, look_at FROM inbox"
_GET_ASIDE = f"SELECT {_ASIDE} WHERE gateway = ? AND event_id = ? AND look_at IS NOT NULL"
_TO_LOOK_AT = f"SELECT {_ASIDE} WHERE look_at <= ? ORDER BY look_at LIMIT ?"
_ALL_ASIDE = f"""
SELECT {_ASIDE} WHERE look_at IS NOT NULL AND (at, gateway, event_id) < (?, ?, ?)
ORDER BY at DESC, gateway DESC, event_id DESC LIMIT ?
"""

_AFTER_EVERY_MOMENT: Position = (2**62, "", "")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(GatewayEvent).decode


class SqliteInbox:
    """Webhooks, stored before anything is done about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, event: GatewayEvent, at: datetime) -> bool:
        """See the port."""
        row = event.gateway, event.event_id, to_micros(at), _encode(event)
        return await self._database.write(lambda connection: connection.execute(_STORE, row).rowcount == 1)

    async def get(self, gateway: str, event_id: str) -> GatewayEvent | None:
        """See the port."""
        key = gateway, event_id
        row = await self._database.read(lambda connection: connection.execute(_GET, key).fetchone())
        return None if row is None else _decode(row[0])

    async def set_aside(self, *asides: Aside) -> None:
        """See the port."""
        rows = [(each.payment_id, to_micros(each.look_at), *_key(each)) for each in asides]
        await self._database.write(lambda connection: connection.executemany(_SET_ASIDE, rows))

    async def take_up(self, *asides: Aside) -> None:
        """See the port."""
        rows = [_key(each) for each in asides]
        await self._database.write(lambda connection: connection.executemany(_TAKE_UP, rows))

    async def aside(self, gateway: str, event_id: str) -> Aside | None:
        """See the port."""
        key = gateway, event_id
        rows = await self._database.read(lambda connection: _asides(connection.execute(_GET_ASIDE, key)))
        return rows[0] if rows else None

    async def to_look_at(self, now: datetime, limit: int) -> Sequence[Aside]:
        """See the port."""
        asked = to_micros(now), limit
        return await self._database.scan(lambda connection: _asides(connection.execute(_TO_LOOK_AT, asked)))

    async def all_aside(self, after: Position | None, limit: int) -> Slice[Aside]:
        """See the port."""
        asked = *(after or _AFTER_EVERY_MOMENT), limit + 1
        found = await self._database.scan(lambda connection: _asides(connection.execute(_ALL_ASIDE, asked)))
        if len(found) <= limit:
            return Slice(items=found)
        last = found[limit - 1]
        return Slice(items=found[:limit], next_position=(to_micros(last.received_at), last.gateway, last.event_id))

    async def forget(self, before: datetime, limit: int, kept: Collection[tuple[str, str]] = ()) -> int:
        """See the port."""
        asked = {"before": to_micros(before), "limit": limit, "kept": msgspec.json.encode(sorted(kept)).decode()}
        return await self._database.write(lambda connection: connection.execute(_FORGET, asked).rowcount)


def _key(aside: Aside) -> tuple[str, str, int]:
    return aside.gateway, aside.event_id, to_micros(aside.received_at)


def _asides(rows: Iterable[tuple[str, str, str, int, int]] | sqlite3.Cursor) -> list[Aside]:
    return [
        Aside(
            gateway=gateway,
            event_id=event_id,
            payment_id=PaymentId(payment_id),
            received_at=from_micros(at),
            look_at=from_micros(look_at),
        )
        for gateway, event_id, payment_id, at, look_at in rows
    ]
