"""The catalogue's revision in MongoDB: counters that every write of the catalogue turns, in its own transaction."""

import zlib

from bson.int64 import Int64

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.schema.catalog import REVISIONS
from shopcore.adapters.mongo.units import Session

_COUNTERS = 16  # one for all would let only one writer of the catalogue through at a time


class MongoCatalogRevision:
    """A counter for caches in front of the catalogue: the sum of a few."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._counters = database.collection(REVISIONS)

    async def current(self) -> int:
        """See the port."""
        counters = await self._database.look(
            lambda session: self._counters.find({}, session=session).sort("_id").to_list()
        )
        return sum(int(each["turns"]) for each in counters)

    async def turn(self, document_id: str, session: Session) -> None:
        """Say that this product or category was changed, in the transaction that changes it."""
        counter = str(zlib.crc32(document_id.encode()) % _COUNTERS)
        await self._counters.update_one({"_id": counter}, {"$inc": {"turns": Int64(1)}}, upsert=True, session=session)
