"""The audit log in SQLite, which refuses to change or remove an entry, and one that does not follow the last."""

import sqlite3

import msgspec

from shopcore.adapters.sqlite.constraints import Refusals, refusing
from shopcore.adapters.sqlite.database import Database
from shopcore.audit.errors import PlaceTaken
from shopcore.audit.model import Entry, unreadable
from shopcore.kernel.paging import Position, Slice

_LAST = "SELECT sequence, body, digest FROM audit_entries ORDER BY sequence DESC LIMIT 1"
_APPEND = "INSERT INTO audit_entries (sequence, digest, previous, body) VALUES (?, ?, ?, ?)"
_PAGE = "SELECT sequence, body FROM audit_entries WHERE sequence > ? ORDER BY sequence LIMIT ?"
_LATEST = "SELECT sequence, body FROM audit_entries WHERE sequence < ? ORDER BY sequence DESC LIMIT ?"
_BEYOND = 2**63 - 1  # every entry is before this one

_REFUSALS: Refusals = {"an audit entry follows the last one": lambda _: PlaceTaken()}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


class SqliteAuditLog:
    """Append-only; there is no way to change or remove an entry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self) -> Entry | None:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_LAST).fetchone())
        if row is None:
            return None
        sequence, body, digest = row
        return msgspec.structs.replace(_entry(sequence, body), digest=digest)

    async def append(self, entry: Entry) -> None:
        """See the port."""
        row = entry.sequence, entry.digest, entry.previous, _encode(entry)

        def statement(connection: sqlite3.Connection) -> None:
            with refusing(_REFUSALS, entry.subject):
                connection.execute(_APPEND, row)

        await self._database.write(statement)

    async def page(self, after: Position | None, limit: int) -> Slice[Entry]:
        """See the port."""
        return await self._slice(_PAGE, after[0] if after else 0, limit)

    async def latest(self, before: Position | None, limit: int) -> Slice[Entry]:
        """See the port."""
        return await self._slice(_LATEST, before[0] if before else _BEYOND, limit)

    async def _slice(self, query: str, edge: str | int | None, limit: int) -> Slice[Entry]:
        rows = await self._database.scan(lambda connection: connection.execute(query, (edge, limit + 1)).fetchall())
        items = [_entry(*row) for row in rows[:limit]]
        return Slice(items=items, next_position=(items[-1].sequence,) if len(rows) > limit else None)


def _entry(sequence: int, body: bytes) -> Entry:
    """What somebody has written over is still an entry: one that whoever verifies the log can name."""
    try:
        return _decode(body)
    except msgspec.DecodeError:
        return unreadable(sequence)
