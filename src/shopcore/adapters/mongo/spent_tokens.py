"""What is good once and was used, in MongoDB."""

from datetime import datetime

from bson.int64 import Int64

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import add_once
from shopcore.adapters.mongo.schema.identity import SPENT_TOKENS
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.instants import to_micros


class MongoSpentTokens:
    """Digests, each once."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._tokens = database.collection(SPENT_TOKENS)

    async def spend(self, digest: str, until: datetime) -> bool:
        """See the port."""
        return await add_once(self._database, self._tokens, {"_id": digest, "until": Int64(to_micros(until))})

    async def forget(self, now: datetime, limit: int) -> int:
        """See the port."""
        over = {"until": {"$lte": to_micros(now)}}

        async def step(session: Session) -> int:
            found = await self._tokens.find(over, {"_id": 1}, session=session).sort("until").limit(limit).to_list()
            ids = [document["_id"] for document in found]
            return (await self._tokens.delete_many({"_id": {"$in": ids}}, session=session)).deleted_count

        return await self._database.write(step)
