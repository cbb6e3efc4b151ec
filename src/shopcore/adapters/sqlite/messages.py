"""What was sent, and addresses with troubles, in SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.instants import to_micros
from shopcore.messages.model import Sending, SendingState, Tally, Trouble, TroubledAddress
from shopcore.messages.model.sending import begin, close
from shopcore.messages.model.troubles import as_one, filed_under, first_trouble, troubled

_FIND = "SELECT body FROM messages WHERE key = ?"
_PUT = """
INSERT INTO messages (key, kind, state, repeats, at, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET state = excluded.state, repeats = excluded.repeats, at = excluded.at,
    body = excluded.body
"""
_TALLY = "SELECT kind, state, count(*), sum(repeats) FROM messages GROUP BY kind, state ORDER BY kind, state"
_FORGET = """
DELETE FROM messages WHERE rowid IN (
    SELECT rowid FROM messages WHERE state <> 'open' AND at < ? ORDER BY at LIMIT ?
)
"""
_TROUBLED = "SELECT body FROM troubled_addresses WHERE id IN (SELECT value FROM json_each(?))"
_NOTE = """
INSERT INTO troubled_addresses (id, at, body) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, body = excluded.body
"""
_LATEST = "SELECT body FROM troubled_addresses ORDER BY at DESC, id LIMIT ?"
_LIFT = "DELETE FROM troubled_addresses WHERE id IN (SELECT value FROM json_each(?))"

_encode = msgspec.json.Encoder().encode
_sending = msgspec.json.Decoder(Sending).decode
_address = msgspec.json.Decoder(TroubledAddress).decode


def _list(ids: Sequence[str]) -> tuple[bytes]:
    return (_encode(list(ids)),)


class SqliteSentMessages:
    """Messages by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key: str) -> Sending | None:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_FIND, (key,)).fetchone())
        return None if row is None else _sending(row[0])

    async def begin(self, key: str, kind: str, at: datetime) -> Sending:
        """See the port."""

        def step(connection: sqlite3.Connection) -> Sending:
            known = connection.execute(_FIND, (key,)).fetchone()
            new = Sending(key=key, kind=kind, began_at=at, at=at)
            return _put(connection, new if known is None else begin(_sending(known[0]), at))

        return await self._database.write(step)

    async def close(self, key: str, kind: str, state: SendingState, at: datetime) -> None:
        """See the port."""

        def step(connection: sqlite3.Connection) -> None:
            known = connection.execute(_FIND, (key,)).fetchone()
            new = Sending(key=key, kind=kind, began_at=at, at=at, state=state)
            _put(connection, new if known is None else close(_sending(known[0]), state, at))

        await self._database.write(step)

    async def defer(self, key: str, kind: str, at: datetime) -> Sending:
        """See the port."""

        def step(connection: sqlite3.Connection) -> Sending:
            known = connection.execute(_FIND, (key,)).fetchone()
            new = Sending(key=key, kind=kind, began_at=at, at=at, state=SendingState.WAITING)
            return _put(connection, new) if known is None else _sending(known[0])

        return await self._database.write(step)

    async def tally(self) -> Sequence[Tally]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_TALLY).fetchall())
        return [
            Tally(kind=kind, state=SendingState(state), messages=messages, repeats=repeats)
            for kind, state, messages, repeats in rows
        ]

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        row = to_micros(before), limit
        return await self._database.write(lambda connection: connection.execute(_FORGET, row).rowcount)


def _put(connection: sqlite3.Connection, new: Sending) -> Sending:
    row = new.key, new.kind, new.state.value, new.repeats, to_micros(new.at), _encode(new)
    connection.execute(_PUT, row)
    return new


def refile_troubles(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Put what is known of an address under the first of its digests."""
    rows = connection.execute(_TROUBLED, _list(ids[1:])).fetchall()
    if rows:
        rows += connection.execute(_TROUBLED, _list(ids[:1])).fetchall()
        new = filed_under(ids[0], [_address(row[0]) for row in rows])
        connection.execute(_LIFT, _list(ids[1:]))
        connection.execute(_NOTE, (new.id, to_micros(new.at), _encode(new)))


class SqliteTroubledAddresses:
    """Addresses by keyed digest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, address_id: str, trouble: Trouble, at: datetime) -> TroubledAddress:
        """See the port."""

        def step(connection: sqlite3.Connection) -> TroubledAddress:
            known = connection.execute(_TROUBLED, _list([address_id])).fetchone()
            new = first_trouble(address_id, trouble, at) if known is None else troubled(_address(known[0]), trouble, at)
            connection.execute(_NOTE, (new.id, to_micros(new.at), _encode(new)))
            return new

        return await self._database.write(step)

    async def find(self, ids: Sequence[str]) -> TroubledAddress | None:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_TROUBLED, _list(ids)).fetchall())
        return as_one(ids[0], [_address(row[0]) for row in rows])

    async def latest(self, limit: int) -> Sequence[TroubledAddress]:
        """See the port."""
        rows = await self._database.read(lambda connection: connection.execute(_LATEST, (limit,)).fetchall())
        return [_address(row[0]) for row in rows]

    async def lift(self, ids: Sequence[str]) -> bool:
        """See the port."""
        return await self._database.write(lambda connection: connection.execute(_LIFT, _list(ids)).rowcount > 0)
