"""Webhooks in SQLite: who is told, the log of what is told, and how far each telling has come."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.ids import OrderId, uuid7
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealing import Sealer
from shopcore.webhooks.errors import AnnouncementNotFound, DeliveryNotFound, EndpointNotFound
from shopcore.webhooks.model import Announcement, Delivery, DeliveryState, Endpoint, Secret

_ENDPOINTS = "SELECT id, sealed, body FROM webhook_endpoints ORDER BY id"
_ENDPOINT = "SELECT id, sealed, body FROM webhook_endpoints WHERE id = ?"
_ADD_ENDPOINT = "INSERT OR IGNORE INTO webhook_endpoints (sealed, body, id) VALUES (?, ?, ?)"
_CHANGE_ENDPOINT = "UPDATE webhook_endpoints SET sealed = ?, body = ? WHERE id = ?"
_REMOVE_ENDPOINT = "DELETE FROM webhook_endpoints WHERE id = ?"

_TOLD = "SELECT told FROM webhook_orders WHERE order_id = ?"
_TELL = """
INSERT INTO webhook_orders (order_id, told) VALUES (?, ?)
ON CONFLICT (order_id) DO UPDATE SET told = max(told, excluded.told)
"""
_APPEND = "INSERT OR IGNORE INTO webhook_events (id, place, body) VALUES (?, ?, ?)"
_EVENT = "SELECT body FROM webhook_events WHERE id = ?"
_AFTER = "SELECT body FROM webhook_events WHERE place > ? ORDER BY place LIMIT ?"
_FORGET_EVENTS = """
DELETE FROM webhook_events WHERE place IN (SELECT place FROM webhook_events WHERE place < ? ORDER BY place LIMIT ?)
"""

_ADD_DELIVERY = """
INSERT OR IGNORE INTO webhook_deliveries (key, endpoint_id, state, place, body) VALUES (?, ?, ?, ?, ?)
"""
_DELIVERY = "SELECT body FROM webhook_deliveries WHERE key = ?"
_CHANGE_DELIVERY = "UPDATE webhook_deliveries SET state = ?, body = ? WHERE key = ?"
_PAGE = "SELECT body FROM webhook_deliveries WHERE endpoint_id = ? AND place < ? ORDER BY place DESC LIMIT ?"
_PAGE_OF_STATE = """
SELECT body FROM webhook_deliveries WHERE endpoint_id = ? AND state = ? AND place < ? ORDER BY place DESC LIMIT ?
"""
_WALK = "SELECT key, body FROM webhook_deliveries WHERE key > ? ORDER BY key LIMIT ?"
_FORGET_DELIVERIES = """
DELETE FROM webhook_deliveries
WHERE key IN (SELECT key FROM webhook_deliveries WHERE place < ? ORDER BY place LIMIT ?)
"""

_AFTER_EVERY_PLACE = "~"  # sorts after every letter and digit

_encode = msgspec.json.Encoder().encode
_endpoint = msgspec.json.Decoder(Endpoint).decode
_secrets = msgspec.json.Decoder(tuple[Secret, ...]).decode
_event = msgspec.json.Decoder(Announcement).decode
_delivery = msgspec.json.Decoder(Delivery).decode


class SqliteEndpoints:
    """The receivers, their secrets sealed beside them."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def settle_among(self) -> None:
        """See the port. Units come one after the other here."""

    async def everything(self) -> Sequence[Endpoint]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_ENDPOINTS).fetchall())
        return [self._decoded(row) for row in rows]

    async def get(self, endpoint_id: str) -> Endpoint:
        """See the port."""
        return await self._database.read(lambda connection: self._one(connection, endpoint_id))

    async def add(self, endpoint: Endpoint) -> None:
        """See the port."""
        row = self._row(endpoint)
        await self._database.write(lambda connection: connection.execute(_ADD_ENDPOINT, row))

    async def change(self, endpoint_id: str, change: Callable[[Endpoint], Endpoint]) -> Endpoint:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> Endpoint:
            old = self._one(connection, endpoint_id)
            new = change(old)
            if new == old:
                return old
            new = msgspec.structs.replace(new, id=old.id, version=old.version + 1)
            connection.execute(_CHANGE_ENDPOINT, self._row(new))
            return new

        return await self._database.write(statement)

    async def remove(self, endpoint_id: str) -> None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> None:
            if connection.execute(_REMOVE_ENDPOINT, (endpoint_id,)).rowcount == 0:
                raise EndpointNotFound

        await self._database.write(statement)

    def _one(self, connection: sqlite3.Connection, endpoint_id: str) -> Endpoint:
        row = connection.execute(_ENDPOINT, (endpoint_id,)).fetchone()
        if row is None:
            raise EndpointNotFound
        return self._decoded(row)

    def _row(self, endpoint: Endpoint) -> tuple[bytes, bytes, str]:
        sealed = self._sealer.seal(_encode(endpoint.secrets), _context(endpoint.id))
        return sealed, _encode(msgspec.structs.replace(endpoint, secrets=())), endpoint.id

    def _decoded(self, row: tuple[str, bytes, bytes]) -> Endpoint:
        endpoint_id, sealed, body = row
        secrets = _secrets(self._sealer.unseal(sealed, _context(endpoint_id)))
        return msgspec.structs.replace(_endpoint(body), secrets=secrets)


class SqliteAnnouncements:
    """The log, and how far each order is told. Units of work follow one another, so no step is new to two of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(self, order_id: OrderId, until: int) -> int:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> int:
            row = connection.execute(_TOLD, (order_id,)).fetchone()
            connection.execute(_TELL, (order_id, until))
            return 0 if row is None else int(row[0])

        return await self._database.write(statement)

    async def append(self, *events: Announcement) -> None:
        """See the port."""
        rows = [(event.id, event.place, _encode(event)) for event in events]
        await self._database.write(lambda connection: connection.executemany(_APPEND, rows))

    async def get(self, event_id: str) -> Announcement:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_EVENT, (event_id,)).fetchone())
        if row is None:
            raise AnnouncementNotFound
        return _event(row[0])

    async def after(self, place: str, limit: int) -> Sequence[Announcement]:
        """See the port."""
        rows = await self._database.scan(lambda connection: connection.execute(_AFTER, (place, limit)).fetchall())
        return [_event(body) for (body,) in rows]

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        key = _first_place(before), limit
        return await self._database.write(lambda connection: connection.execute(_FORGET_EVENTS, key).rowcount)


class SqliteDeliveries:
    """Each event on its way to each endpoint."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *deliveries: Delivery) -> None:
        """See the port."""
        rows = [
            (_key(each.endpoint_id, each.event_id), each.endpoint_id, each.state, each.place, _encode(each))
            for each in deliveries
        ]
        await self._database.write(lambda connection: connection.executemany(_ADD_DELIVERY, rows))

    async def get(self, endpoint_id: str, event_id: str) -> Delivery:
        """See the port."""
        key = _key(endpoint_id, event_id)
        return await self._database.read(lambda connection: _one(connection, key))

    async def change(self, endpoint_id: str, event_id: str, change: Callable[[Delivery], Delivery]) -> Delivery:
        """See the port."""
        key = _key(endpoint_id, event_id)

        def statement(connection: sqlite3.Connection) -> Delivery:
            new = change(_one(connection, key))
            connection.execute(_CHANGE_DELIVERY, (new.state, _encode(new), key))
            return new

        return await self._database.write(statement)

    async def page(
        self, endpoint_id: str, state: DeliveryState | None, after: Position | None, limit: int
    ) -> Slice[Delivery]:
        """See the port."""
        start = after[0] if after else _AFTER_EVERY_PLACE
        every, some = (endpoint_id, start, limit + 1), (endpoint_id, state, start, limit + 1)
        query, key = (_PAGE, every) if state is None else (_PAGE_OF_STATE, some)
        rows = await self._database.scan(lambda connection: connection.execute(query, key).fetchall())
        items = [_delivery(body) for (body,) in rows[:limit]]
        return Slice(items=items, next_position=(items[-1].place,) if len(rows) > limit else None)

    async def walk(self, after: str, limit: int) -> Sequence[tuple[str, Delivery]]:
        """See the port."""
        rows = await self._database.scan(lambda connection: connection.execute(_WALK, (after, limit)).fetchall())
        return [(key, _delivery(body)) for key, body in rows]

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        key = _first_place(before), limit
        return await self._database.write(lambda connection: connection.execute(_FORGET_DELIVERIES, key).rowcount)


def _one(connection: sqlite3.Connection, key: str) -> Delivery:
    row = connection.execute(_DELIVERY, (key,)).fetchone()
    if row is None:
        raise DeliveryNotFound
    return _delivery(row[0])


def _key(endpoint_id: str, event_id: str) -> str:
    return f"{endpoint_id}/{event_id}"


def _context(endpoint_id: str) -> str:
    return f"webhook_endpoints/{endpoint_id}/secrets"


def _first_place(at: datetime) -> str:
    """Places are ids, which sort by the time when they were made."""
    return uuid7(int(at.timestamp() * 1000), 0)
