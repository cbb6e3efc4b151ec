"""Comparisons of gateways with the books, in SQLite."""

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.paging import Position, Slice
from shopcore.payments.errors import ReconciliationNotFound
from shopcore.payments.model import STANDING, Reconciliation, Standing, standing_of

_PUT = "INSERT INTO reconciliations (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
_GET = "SELECT body FROM reconciliations WHERE id = ?"
_FIRST_PAGE = "SELECT body FROM reconciliations WHERE id > '' ORDER BY id DESC LIMIT ?"
_PAGE = "SELECT body FROM reconciliations WHERE id < ? AND id > '' ORDER BY id DESC LIMIT ?"

_decode = msgspec.json.Decoder(Reconciliation).decode


class SqliteReconciliations:
    """One row each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, run: Reconciliation) -> None:
        """See the port."""
        row = run.id, msgspec.json.encode(run)
        await self._database.write(lambda connection: connection.execute(_PUT, row))

    async def get(self, run_id: str) -> Reconciliation:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_GET, (run_id,)).fetchone())
        if row is None:
            raise ReconciliationNotFound
        return _decode(row[0])

    async def standing(self) -> Standing:
        """See the port."""
        row = await self._database.read(lambda connection: connection.execute(_GET, (STANDING,)).fetchone())
        return Standing() if row is None else standing_of(_decode(row[0]))

    async def put_standing(self, standing: Standing) -> None:
        """See the port. Units are done one after the other."""
        await self.put(standing.kept)

    async def page(self, after: Position | None, limit: int) -> Slice[Reconciliation]:
        """See the port."""
        query, asked = (_FIRST_PAGE, (limit + 1,)) if after is None else (_PAGE, (*after, limit + 1))
        rows = await self._database.read(lambda connection: connection.execute(query, asked).fetchall())
        found = [_decode(body) for (body,) in rows]
        return Slice(items=found[:limit], next_position=(found[limit - 1].id,) if len(found) > limit else None)
