"""The audit log in MongoDB: entries by their place, so that none is there twice."""

from collections.abc import Awaitable, Callable

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.operations import AUDIT
from shopcore.adapters.mongo.units import Session, current_unit
from shopcore.audit.errors import PlaceTaken
from shopcore.audit.model import Entry, following, unreadable
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.stores import StoreUnusable

_Find = Callable[[AsyncCollection[Document], Session], Awaitable[list[Document]]]

_codec = Codec(AUDIT, Entry, key="sequence")


class MongoAuditLog:
    """Append-only: there is no way here to change or remove an entry; the chain shows where somebody found another."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._entries = database.collection(AUDIT)

    async def last(self) -> Entry | None:
        """See the port."""
        if current_unit() is not None:
            # Who asks in a unit will append: the next one waits here rather than collide there.
            self._database.claim(AUDIT, "last")
        found = await self._database.read(self._last)
        return None if found is None else _entry(found)

    async def append(self, entry: Entry) -> None:
        """See the port."""
        document = _codec.encode(entry)

        async def step(session: Session) -> None:
            last = await self._last(session)
            if (entry.sequence, entry.previous) != following(None if last is None else _entry(last)):
                raise PlaceTaken
            try:
                await self._entries.insert_one(document, session=session)
            except DuplicateKeyError as error:
                if session is not None:
                    raise
                raise PlaceTaken from error

        await self._database.once(step)

    async def page(self, after: Position | None, limit: int) -> Slice[Entry]:
        """From the primary: who moves or verifies a log must not miss what a secondary has not heard of yet."""
        find = self._finding({"_id": {"$gt": after[0]}} if after else {}, 1, limit)

        async def primary(session: Session) -> list[Document]:
            return await find(self._entries, session)

        return _slice(await self._database.read(primary), limit)

    async def latest(self, before: Position | None, limit: int) -> Slice[Entry]:
        """See the port."""
        find = self._finding({"_id": {"$lt": before[0]}} if before else {}, -1, limit)
        return _slice(await self._database.read_past(AUDIT, find), limit)

    async def _last(self, session: Session) -> Document | None:
        return await self._entries.find_one({}, session=session, sort=[("_id", -1)])

    @staticmethod
    def _finding(asked: Document, direction: int, limit: int) -> _Find:
        async def find(entries: AsyncCollection[Document], session: Session) -> list[Document]:
            return await entries.find(asked, session=session).sort("_id", direction).limit(limit + 1).to_list()

        return find


def _slice(found: list[Document], limit: int) -> Slice[Entry]:
    items = [_entry(document) for document in found[:limit]]
    return Slice(items=items, next_position=(items[-1].sequence,) if len(found) > limit else None)


def _entry(document: Document) -> Entry:
    """What somebody has written over is still an entry: one that whoever verifies the log can name."""
    try:
        return _codec.decode(document)
    except StoreUnusable:
        return unreadable(int(document["_id"]))
