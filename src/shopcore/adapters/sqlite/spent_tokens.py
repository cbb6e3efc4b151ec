"""What is good once and was used, in SQLite."""

from datetime import datetime

from shopcore.adapters.sqlite.database import Database
from shopcore.kernel.instants import to_micros

_SPEND = "INSERT INTO spent_tokens (digest, until) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
_FORGET = """
DELETE FROM spent_tokens WHERE rowid IN (SELECT rowid FROM spent_tokens WHERE until <= ? ORDER BY until LIMIT ?)
"""


class SqliteSpentTokens:
    """Digests, each once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spend(self, digest: str, until: datetime) -> bool:
        """See the port."""
        row = digest, to_micros(until)
        return await self._database.write(lambda connection: connection.execute(_SPEND, row).rowcount == 1)

    async def forget(self, now: datetime, limit: int) -> int:
        """See the port."""
        row = to_micros(now), limit
        return await self._database.write(lambda connection: connection.execute(_FORGET, row).rowcount)
