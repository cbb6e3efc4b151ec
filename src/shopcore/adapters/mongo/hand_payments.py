"""What staff say of money that no machine sees, in MongoDB."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import msgspec

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import HAND_PAYMENTS
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.instants import to_micros
from shopcore.payments.model import HandPayment, moments_of

_codec = Codec(HAND_PAYMENTS, HandPayment, key="key")


class MongoHandPayments:
    """One document for each attempt."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._book = database.collection(HAND_PAYMENTS)

    async def get(self, key: str) -> HandPayment | None:
        """See the port."""
        return await self._database.read(partial(self._find, key))

    async def change(self, key: str, change: Callable[[HandPayment | None], HandPayment]) -> HandPayment:
        """See the port."""

        async def step(session: Session) -> HandPayment:
            self._database.claim(HAND_PAYMENTS, key)
            old = await self._find(key, session)
            new = change(old)
            if new == old:
                return new
            new = msgspec.structs.replace(new, key=key, version=new.version if old is None else old.version + 1)
            document = _document(new)
            if old is None:
                await self._book.insert_one(document, session=session)
            else:
                await self._book.replace_one({"_id": key, "version": old.version}, document, session=session)
            return new

        return await self._database.write(step)

    async def moved(self, since: datetime, until: datetime) -> Sequence[HandPayment]:
        """See the port."""
        asked: Document = {"last_moved": {"$gte": to_micros(since)}, "first_moved": {"$lt": to_micros(until)}}
        documents = await self._database.read(
            lambda session: self._book.find(asked, session=session).sort([("last_moved", 1), ("_id", 1)]).to_list()
        )
        return [_codec.decode(document) for document in documents]

    async def _find(self, key: str, session: Session) -> HandPayment | None:
        document = await self._book.find_one({"_id": key}, session=session)
        return None if document is None else _codec.decode(document)


def _document(one: HandPayment) -> Document:
    moments = [to_micros(at) for at in moments_of(one)]
    return _codec.encode(one, first_moved=min(moments, default=None), last_moved=max(moments, default=None))
