"""Sessions in SQLite, sealed whole: a device says something of the person."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.identity.errors import SessionNotFound
from shopcore.identity.model import Session
from shopcore.identity.model.sessions import beyond, end
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.sealing import Sealer

_ADD = """
INSERT INTO sessions (id, customer_id, ended, expires_at, version, sealed)
VALUES (:id, :customer_id, :ended, :expires_at, :version, :sealed)
"""
_REPLACE = """
UPDATE sessions SET ended = :ended, expires_at = :expires_at, version = :version, sealed = :sealed WHERE id = :id
"""
_GET = "SELECT id, sealed FROM sessions WHERE id = ?"
_OF_CUSTOMER = "SELECT id, sealed FROM sessions WHERE customer_id = ? AND ended = 0 ORDER BY id"
_REMOVE_EXPIRED = """
DELETE FROM sessions
WHERE rowid IN (SELECT rowid FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
"""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Session).decode


class SqliteSessions:
    """Sessions by id and by customer."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def add(self, session: Session) -> None:
        """See the port."""
        row = self._columns(session)
        await self._database.write(lambda connection: connection.execute(_ADD, row))

    async def update(self, session_id: SessionId, change: Callable[[Session], Session]) -> Session:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> Session:
            row = connection.execute(_GET, (session_id,)).fetchone()
            if row is None:
                raise SessionNotFound
            return self._replace(connection, self._session(*row), change)

        return await self._database.write(statement)

    async def get(self, session_id: SessionId) -> Session:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_GET, (session_id,)).fetchone())
        if row is None:
            raise SessionNotFound
        return self._session(*row)

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Session]:
        """See the port."""
        return await self._database.read(lambda connection: self._open(connection, customer_id))

    async def end_all(self, customer_id: CustomerId, at: datetime, spare: SessionId | None = None) -> int:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> int:
            return self._end(connection, [one for one in self._open(connection, customer_id) if one.id != spare], at)

        return await self._database.write(statement)

    async def end_longest_unused(self, customer_id: CustomerId, keep: int, at: datetime) -> int:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> int:
            rows = connection.execute(_OF_CUSTOMER, (customer_id,)).fetchall()
            if len(rows) <= keep:
                return 0  # as a rule, and then nothing is unsealed
            return self._end(connection, beyond(keep, [self._session(*row) for row in rows]), at)

        return await self._database.write(statement)

    async def remove_expired(self, now: datetime, limit: int) -> int:
        """See the port."""
        row = to_micros(now), limit
        return await self._database.write(lambda connection: connection.execute(_REMOVE_EXPIRED, row).rowcount)

    def _open(self, connection: sqlite3.Connection, customer_id: CustomerId) -> list[Session]:
        return [self._session(*row) for row in connection.execute(_OF_CUSTOMER, (customer_id,)).fetchall()]

    def _end(self, connection: sqlite3.Connection, ending: Sequence[Session], at: datetime) -> int:
        for session in ending:
            self._replace(connection, session, lambda held: end(held, at))
        return len(ending)

    def _replace(self, connection: sqlite3.Connection, old: Session, change: Callable[[Session], Session]) -> Session:
        changed = change(old)
        if changed == old:
            return old
        new = msgspec.structs.replace(
            changed,
            id=old.id,
            customer_id=old.customer_id,
            ended_at=old.ended_at or changed.ended_at,
            version=old.version + 1,
        )
        connection.execute(_REPLACE, self._columns(new))
        return new

    def _session(self, session_id: str, sealed: bytes) -> Session:
        return _decode(self._sealer.unseal(sealed, _context(session_id)))

    def _columns(self, session: Session) -> dict[str, object]:
        return {
            "id": session.id,
            "customer_id": session.customer_id,
            "ended": session.ended_at is not None,
            "expires_at": to_micros(session.expires_at),
            "version": session.version,
            "sealed": self._sealer.seal(_encode(session), _context(session.id)),
        }


def _context(session_id: str) -> str:
    return f"sessions/{session_id}/session"
