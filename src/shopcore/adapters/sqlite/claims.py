"""Claims on requests in SQLite, the replies sealed."""

import sqlite3
from collections.abc import Callable
from datetime import datetime

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.idempotency.errors import RequestInProgress
from shopcore.idempotency.model import LEASE, Claim
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.sealing import Sealer

_ADD = """
INSERT INTO claims (key, owner, claimed_at, leased_until, point, body, sealed)
VALUES (:key, :owner, :claimed_at, :leased_until, :point, :body, :sealed)
ON CONFLICT (key) DO NOTHING
"""
_REPLACE = """
UPDATE claims SET owner = :owner, claimed_at = :claimed_at, leased_until = :leased_until, point = :point, body = :body,
sealed = :sealed
WHERE key = :key
"""
_GET = "SELECT body, leased_until, point, sealed FROM claims WHERE key = ?"
_RENEW = "UPDATE claims SET leased_until = ? WHERE key = ? AND owner = ?"
_REACH = "UPDATE claims SET point = ? WHERE key = ? AND owner = ?"
_FINISH = "UPDATE claims SET sealed = ? WHERE key = ? AND owner = ?"
_REMOVE_OLDER = """
DELETE FROM claims
WHERE rowid IN (SELECT rowid FROM claims WHERE claimed_at < ? ORDER BY claimed_at LIMIT ?)
"""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Claim).decode


class SqliteClaims:
    """Claims by key."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def claim(self, wanted: Claim, take_over: Callable[[Claim], Claim]) -> Claim:
        """See the port."""
        columns = self._columns(wanted, None)

        def statement(connection: sqlite3.Connection) -> Claim:
            if connection.execute(_ADD, columns).rowcount == 1:
                return wanted
            row = connection.execute(_GET, (wanted.key,)).fetchone()
            return self._replace(connection, self._claim(row), row[-1], take_over)

        return await self._database.write(statement)

    async def find(self, key: str) -> Claim | None:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_GET, (key,)).fetchone())
        return None if row is None else self._claim(row)

    async def renew(self, key: str, owner: str, until: datetime) -> None:
        """See the port."""
        await self._set(_RENEW, to_micros(until), key, owner)

    async def reach(self, key: str, owner: str, point: str) -> None:
        """See the port."""
        await self._set(_REACH, point, key, owner)

    async def finish(self, key: str, owner: str, outcome: bytes) -> None:
        """See the port."""
        await self._set(_FINISH, self._sealer.seal(outcome, _context(key)), key, owner)

    async def remove_older(self, before: datetime, limit: int) -> int:
        """See the port."""
        row = to_micros(before), limit
        return await self._database.write(lambda connection: connection.execute(_REMOVE_OLDER, row).rowcount)

    async def _set(self, update: str, value: int | str | bytes, key: str, owner: str) -> None:
        """One column of a claim that is held: no need to look at the others first."""
        row = value, key, owner
        if not await self._database.write(lambda connection: connection.execute(update, row).rowcount):
            raise RequestInProgress(retry_after=LEASE.total_seconds())

    def _replace(
        self, connection: sqlite3.Connection, old: Claim, sealed: bytes | None, change: Callable[[Claim], Claim]
    ) -> Claim:
        new = msgspec.structs.replace(change(old), key=old.key)
        if new != old:
            connection.execute(_REPLACE, self._columns(new, sealed if new.outcome == old.outcome else None))
        return new

    def _claim(self, row: tuple[bytes, int, str, bytes | None]) -> Claim:
        body, leased_until, point, sealed = row
        claim = _decode(body)
        outcome = None if sealed is None else self._sealer.unseal(sealed, _context(claim.key))
        return msgspec.structs.replace(claim, leased_until=from_micros(leased_until), point=point, outcome=outcome)

    def _columns(self, claim: Claim, sealed: bytes | None) -> dict[str, object]:
        """`sealed` is the outcome as it is stored already; None to seal it, if there is one."""
        if sealed is None and claim.outcome is not None:
            sealed = self._sealer.seal(claim.outcome, _context(claim.key))
        return {
            "key": claim.key,
            "owner": claim.owner,
            "claimed_at": to_micros(claim.claimed_at),
            "leased_until": to_micros(claim.leased_until),
            "point": claim.point,
            "body": _encode(msgspec.structs.replace(claim, outcome=None)),
            "sealed": sealed,
        }


def _context(key: str) -> str:
    return f"claims/{key}/outcome"
