"""Comparisons of gateways with the books, in MongoDB."""

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import RECONCILIATIONS
from shopcore.kernel.paging import Position, Slice
from shopcore.payments.errors import ReconciliationNotFound
from shopcore.payments.model import STANDING, Reconciliation, Standing, standing_of

_codec = Codec(RECONCILIATIONS, Reconciliation)


class MongoReconciliations:
    """One document each."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._runs = database.collection(RECONCILIATIONS)

    async def put(self, run: Reconciliation) -> None:
        """See the port."""
        document = _codec.encode(run)
        asked = {"_id": document["_id"]}
        await self._database.once(lambda session: self._runs.replace_one(asked, document, upsert=True, session=session))

    async def get(self, run_id: str) -> Reconciliation:
        """See the port."""
        found = await self._database.read(lambda session: self._runs.find_one({"_id": run_id}, session=session))
        if found is None:
            raise ReconciliationNotFound
        return _codec.decode(found)

    async def standing(self) -> Standing:
        """See the port."""
        found = await self._database.read(lambda session: self._runs.find_one({"_id": STANDING}, session=session))
        return Standing() if found is None else standing_of(_codec.decode(found))

    async def put_standing(self, standing: Standing) -> None:
        """See the port. Two transactions that replace it collide."""
        await self.put(standing.kept)

    async def page(self, after: Position | None, limit: int) -> Slice[Reconciliation]:
        """See the port."""
        asked: Document = {"_id": {"$gt": STANDING} | ({} if after is None else {"$lt": after[0]})}
        documents = await self._database.read(
            lambda session: self._runs.find(asked, session=session).sort({"_id": -1}).limit(limit + 1).to_list()
        )
        found = [_codec.decode(document) for document in documents]
        return Slice(items=found[:limit], next_position=(found[limit - 1].id,) if len(found) > limit else None)
