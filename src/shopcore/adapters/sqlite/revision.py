"""The catalogue's revision in SQLite: a counter that triggers turn, whoever writes."""

import sqlite3

from shopcore.adapters.sqlite.database import Database

_CURRENT = "SELECT revision FROM catalog_revision"


class SqliteCatalogRevision:
    """A counter for caches in front of the catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> int:
        """See the port."""
        return await self._database.read(_current)


def _current(connection: sqlite3.Connection) -> int:
    revision: int = connection.execute(_CURRENT).fetchone()[0]
    return revision
