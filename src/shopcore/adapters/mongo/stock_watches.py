"""Who wants to hear when something can be had again, in MongoDB."""

from collections.abc import Sequence

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, add_once
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.messages import STOCK_WATCHES
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import CustomerId, VariantId
from shopcore.kernel.instants import to_micros
from shopcore.messages.model import StockWatch

_watches = Codec(STOCK_WATCHES, StockWatch)


class MongoStockWatches:
    """Watches by id."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._watches = database.collection(STOCK_WATCHES)

    async def put(self, watch: StockWatch) -> None:
        """See the port."""
        await add_once(self._database, self._watches, _watches.encode(watch, began=to_micros(watch.since)))

    async def remove(self, watch_id: str) -> None:
        """See the port."""
        await self._database.once(lambda session: self._watches.delete_one({"_id": watch_id}, session=session))

    async def of_customer(self, customer_id: CustomerId) -> Sequence[StockWatch]:
        """See the port."""
        theirs = {"customer_id": customer_id}

        async def step(session: Session) -> list[Document]:
            return await self._watches.find(theirs, session=session).sort("variant_id").to_list()

        return [_watches.decode(document) for document in await self._database.read(step)]

    async def remove_all(self, customer_id: CustomerId) -> None:
        """See the port."""
        theirs = {"customer_id": customer_id}
        await self._database.once(lambda session: self._watches.delete_many(theirs, session=session))

    async def variants(self, after: str, limit: int) -> Sequence[VariantId]:
        """See the port."""
        steps: list[Document] = [
            {"$match": {"variant_id": {"$gt": after}}},
            {"$sort": {"variant_id": 1}},
            {"$group": {"_id": "$variant_id"}},
            {"$sort": {"_id": 1}},
            {"$limit": limit},
        ]

        async def step(session: Session) -> list[Document]:
            return await (await self._watches.aggregate(steps, session=session)).to_list()

        return [VariantId(each["_id"]) for each in await self._database.read(step)]

    async def take(self, variant_id: VariantId, limit: int) -> Sequence[StockWatch]:
        """See the port."""

        async def step(session: Session) -> list[Document]:
            longest = [("began", 1), ("_id", 1)]
            found = self._watches.find({"variant_id": variant_id}, session=session).sort(longest).limit(limit)
            documents = await found.to_list()
            ids = [document["_id"] for document in documents]
            await self._watches.delete_many({"_id": {"$in": ids}}, session=session)
            return documents

        return [_watches.decode(document) for document in await self._database.write(step)]

    async def page(self, after: str, limit: int) -> Sequence[StockWatch]:
        """See the port."""
        later = {"_id": {"$gt": after}}

        async def step(session: Session) -> list[Document]:
            return await self._watches.find(later, session=session).sort("_id").limit(limit).to_list()

        return [_watches.decode(document) for document in await self._database.read(step)]
