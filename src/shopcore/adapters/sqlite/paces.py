"""How many jobs of a kind were begun in the last second, and how far each schedule was fired, in SQLite."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from shopcore.adapters.sqlite.database import Database
from shopcore.jobs.model import Pace, is_ahead
from shopcore.kernel.instants import to_micros

_SECOND = 1_000_000
_FORGET = "DELETE FROM job_starts WHERE at <= ?"
_STARTED = """
SELECT kind, sum(count) FROM job_starts
WHERE at < ? AND kind IN (SELECT value FROM json_each(?)) GROUP BY kind
"""
_START = """
INSERT INTO job_starts (kind, at, count) VALUES (?, ?, ?)
ON CONFLICT (kind, at) DO UPDATE SET count = count + excluded.count
"""
_FIRED = "SELECT kind, tick FROM job_ticks"
_TICK = "SELECT tick FROM job_ticks WHERE kind = ?"
_FIRE = """
INSERT INTO job_ticks (kind, tick) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET tick = excluded.tick
"""


class Paces:
    """What may still be begun at this moment, within one transaction."""

    def __init__(self, connection: sqlite3.Connection, paces: Mapping[str, Pace], now: datetime) -> None:
        self._connection = connection
        self._now = to_micros(now)
        self._taken: Counter[str] = Counter()
        self._paces = paces
        self._left: dict[str, int] = {}  # by the paces' names, as all is that is kept
        if paces:
            connection.execute(_FORGET, (self._now - _SECOND,))
            # What is to begin in more than a second was written by a clock that is ahead, or was.
            rates = {pace.name: pace.rate for pace in paces.values()}
            key = self._now + _SECOND, json.dumps(list(rates))
            started = dict(connection.execute(_STARTED, key).fetchall())
            self._left = {name: rate - started.get(name, 0) for name, rate in rates.items()}

    @property
    def used_up(self) -> tuple[str, ...]:
        """The kinds of which nothing more may be begun."""
        return tuple(kind for kind, pace in self._paces.items() if self._left[pace.name] <= 0)

    def take(self, kind: str) -> bool:
        """Begin one more, if it may be."""
        if (pace := self._paces.get(kind)) is None:
            return True
        if self._left[pace.name] <= 0:
            return False
        self._left[pace.name] -= 1
        self._taken[pace.name] += 1
        return True

    def keep(self) -> None:
        """Write down what was begun."""
        self._connection.executemany(_START, [(name, self._now, count) for name, count in self._taken.items()])


class SqliteTicks:
    """How far each schedule was fired."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fired(self) -> Mapping[str, int]:
        """See the port."""
        return dict(await self._database.read(lambda connection: connection.execute(_FIRED).fetchall()))

    async def fire(self, kind: str, tick: int) -> int | None:
        """See the port."""

        def statement(connection: sqlite3.Connection) -> int | None:
            found = connection.execute(_TICK, (kind,)).fetchone()
            before = None if found is None or is_ahead(found[0], tick) else int(found[0])
            if before is None or before < tick:
                connection.execute(_FIRE, (kind, tick))
            return before

        return await self._database.write(statement)
