"""Webhooks in SQLite, each kept once."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.instants import to_micros
from shopcore.payments.ports import GatewayEvent

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

    async def forget(self, before: datetime, limit: int, kept: Collection[tuple[str, str]] = ()) -> int:
        """See the port."""
        asked = {"before": to_micros(before), "limit": limit, "kept": msgspec.json.encode(sorted(kept)).decode()}
        return await self._database.write(lambda connection: connection.execute(_FORGET, asked).rowcount)
