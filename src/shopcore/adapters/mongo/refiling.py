"""Takes a catalogue that an earlier program has filed to where this one looks, while shops sell from it.

The schema comes first, and from then on refuses products of the earlier program: it sells on, and lists as it always
did, since what it reads is only added to, but cannot write a product any more. Then each product is filed again, a few
in each transaction, and only what is not yet: so it may be broken off at any time, and done by several at once. Those
that take too long together are filed by halves. What nobody can read is left until somebody has mended it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from bson.int64 import Int64
from pymongo.errors import OperationFailure

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import NO_INDEX, UNAUTHORIZED, TryAgain
from shopcore.adapters.mongo.product_documents import readable
from shopcore.adapters.mongo.product_filing import Filing
from shopcore.adapters.mongo.product_places import FILED, UNFILED
from shopcore.adapters.mongo.schema.catalog import LISTED, PRODUCTS
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.migration import COLLECTIONS, VERSIONS
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.clock import Clock
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.stores import StoreBusy, StoreUndecided

_BATCH = 50  # products, each with some two or three hundred entries of indexes
_ALONE_SECONDS = 60.0  # for one product by itself: some have ten thousand entries
_LOOKED_AT = 1_000
_TOLD_EVERY = 10_000
_NOTE = {"_id": "filing"}
KEPT_FOR = timedelta(days=1)
"""How long the indexes stay that only the earlier program reads."""

_log = structlog.get_logger("shopcore")


class Refiling:
    """Made with an open database."""

    def __init__(self, database: MongoDatabase, clock: Clock, filing: Filing | None = None) -> None:
        self._database = database
        self._products = database.collection(PRODUCTS)
        self._listed = database.collection(LISTED)
        self._notes = database.collection(VERSIONS)
        self._filing = filing or Filing(database)
        self._clock = clock
        self._may_mark = True  # by the role dbAdmin, until the server says otherwise

    async def run(self, *, again: bool = False) -> None:
        """File what is not filed yet. What nobody can read is named in the log; `again` looks once more for that, also
        where all was done.
        """
        done = await self._done_at()
        if done is not None and not again:
            return
        after, filed = "", 0
        while found := await self._look(after):
            after = found[-1]["_id"]
            missing = [each["_id"] for each in found if each.get("filed") != FILED or UNFILED in each]
            for first in range(0, len(missing), _BATCH):
                await self._file(missing[first : first + _BATCH])
            if missing and (filed + len(missing)) // _TOLD_EVERY > filed // _TOLD_EVERY:
                _log.info("products_filed_again", count=filed + len(missing))
            filed += len(missing)
        if done is None:
            note: Document = _NOTE | {"version": FILED, "done": Int64(to_micros(self._clock.now()))}
            await self._database.once(
                lambda session: self._notes.replace_one(_NOTE, note, upsert=True, session=session)
            )

    async def drop_retired(self) -> None:
        """Drop the indexes that nobody reads, once no earlier program can be serving any more."""
        done = await self._done_at()
        if done is None or self._clock.now() < done + KEPT_FOR:
            return
        for declared in COLLECTIONS:
            for index in declared.retired:
                await self._drop(declared.name, index.name)

    async def _drop(self, collection: str, index: str) -> None:
        try:
            await self._listed.database[collection].drop_index(index)
        except OperationFailure as error:
            if error.code != NO_INDEX:
                raise

    async def _done_at(self) -> datetime | None:
        note = await self._database.read(lambda session: self._notes.find_one(_NOTE, session=session))
        return from_micros(note["done"]) if note is not None and note["version"] >= FILED else None

    async def _look(self, after: str) -> list[Document]:
        beyond, shown = {"_id": {"$gt": after}}, {"filed": 1, UNFILED: 1}
        return await self._database.read(
            lambda session: self._products.find(beyond, shown, session=session).sort("_id").limit(_LOOKED_AT).to_list()
        )

    async def _file(self, ids: Sequence[str]) -> None:
        """All at once; where that takes too long or was not confirmed, by halves, which does no harm twice."""
        try:
            seconds = _ALONE_SECONDS if len(ids) == 1 else None
            await self._database.write(lambda session: self._step(ids, session), seconds=seconds)
        except (StoreBusy, StoreUndecided):
            if len(ids) == 1:
                raise
            middle = len(ids) // 2
            await self._file(ids[:middle])
            await self._file(ids[middle:])

    async def _step(self, ids: Sequence[str], session: Session) -> None:
        asked = {"_id": {"$in": list(ids)}, "$or": [{"filed": {"$ne": FILED}}, {UNFILED: True}]}
        found = await self._products.find(asked, session=session).to_list()
        products = readable(found)
        await self._filing.list_again(products, session)
        read = [product.id for product in products]
        unread = [each["_id"] for each in found if each["_id"] not in read]
        if unread:
            _log.warning("products_not_filed", products=unread, advice="mend them, and run shop migrate")
            await self._mark(unread, session)
        filed = {"$set": {"filed": FILED}, "$unset": {UNFILED: ""}}
        await self._products.update_many({"_id": {"$in": read}}, filed, session=session)

    async def _mark(self, unread: Sequence[str], session: Session) -> None:
        """The server would refuse whoever mends one of another layout. Where the user may not get past that, they stay
        as they are: that is no reason for a server not to open, and `shop migrate` looks again.
        """
        if not self._may_mark:
            return
        left = {"$set": {"filed": FILED, UNFILED: True}}
        try:
            await self._products.update_many(
                {"_id": {"$in": unread}}, left, bypass_document_validation=True, session=session
            )
        except OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            self._may_mark = False
            raise TryAgain from error  # it has ended the transaction
