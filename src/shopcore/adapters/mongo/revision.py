"""The catalogue's revision in MongoDB: counters that every write of the catalogue turns, in its own transaction."""

import asyncio
import time
import zlib
from collections.abc import Callable
from contextvars import Context

from bson.int64 import Int64

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.schema.catalog import REVISIONS
from shopcore.adapters.mongo.units import Session, current_unit

_COUNTERS = 16  # one for all would let only one writer of the catalogue through at a time
HOLD_SECONDS = 0.25
"""For how long a number is held: so much later a page learns of a price that another process changed."""


class MongoCatalogRevision:
    """A counter for caches in front of the catalogue: the sum of a few.

    `own_turns` counts the units of this process that turned it and are over, whatever became of them.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._counters = database.collection(REVISIONS)
        self.own_turns = 0

    async def current(self) -> int:
        """See the port."""
        counters = await self._database.look(
            lambda session: self._counters.find({}, session=session).sort("_id").to_list()
        )
        return sum(int(each["turns"]) for each in counters)

    async def turn(self, document_id: str, session: Session) -> None:
        """Say that this product or category was changed, in the transaction that changes it."""
        self._database.at_end(self._note)
        counter = str(zlib.crc32(document_id.encode()) % _COUNTERS)
        await self._counters.update_one({"_id": counter}, {"$inc": {"turns": Int64(1)}}, upsert=True, session=session)

    def _note(self) -> None:
        self.own_turns += 1


class HeldCatalogRevision:
    """The same for pages, asked for four times a second at most. Changes of this process are seen at once, those of
    another one a quarter of a second late at worst.
    """

    def __init__(self, revision: MongoCatalogRevision, *, now: Callable[[], float] = time.monotonic) -> None:
        self._revision = revision
        self._now = now
        self._number = 0
        self._held_after = -1  # that many changes of our own
        self._held_until = 0.0
        self._asking: tuple[int, asyncio.Task[int]] | None = None

    async def current(self) -> int:
        """See the port."""
        if current_unit() is not None:
            return await self._revision.current()
        turns = self._revision.own_turns
        if self._held_after == turns and self._now() < self._held_until:
            return self._number
        if self._asking is None or self._asking[0] != turns:
            # One look for all who want to know now; who comes after a change does not join one that began before it.
            self._asking = (turns, asyncio.create_task(self._ask(turns), context=Context()))
        return await asyncio.shield(self._asking[1])

    async def settle(self) -> None:
        """Wait for the look that is under way, also where nobody waits any more: the store is about to close."""
        if self._asking is not None:
            await asyncio.gather(self._asking[1], return_exceptions=True)

    async def _ask(self, turns: int) -> int:
        began = self._now()
        try:
            number = await self._revision.current()
        finally:
            if self._asking is not None and self._asking[0] == turns:
                self._asking = None
        if turns == self._revision.own_turns:  # else this look may have been too early for the last change
            self._number, self._held_after, self._held_until = number, turns, began + HOLD_SECONDS
        return number
