"""What was sent, and addresses with troubles, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, add_once, replace
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.messages import MESSAGES, TROUBLED_ADDRESSES
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.instants import to_micros
from shopcore.messages.model import Sending, SendingState, Tally, Trouble, TroubledAddress
from shopcore.messages.model.sending import begin, close
from shopcore.messages.model.troubles import as_one, filed_under, first_trouble, troubled

_sendings = Codec(MESSAGES, Sending, key="key")
_addresses = Codec(TROUBLED_ADDRESSES, TroubledAddress)
_ENDED = [state.value for state in SendingState if state is not SendingState.OPEN]


class MongoSentMessages:
    """Messages by key."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._messages = database.collection(MESSAGES)

    async def find(self, key: str) -> Sending | None:
        """See the port."""
        found = await self._database.read(lambda session: self._messages.find_one({"_id": key}, session=session))
        return None if found is None else _sendings.decode(found)

    async def begin(self, key: str, kind: str, at: datetime) -> Sending:
        """See the port."""
        new = Sending(key=key, kind=kind, began_at=at, at=at)
        if await add_once(self._database, self._messages, _document(new)):
            return new
        begun: list[Sending] = [new]

        def change(old: Document | None) -> Document | None:
            if old is None:
                return None
            begun.append(begin(_sendings.decode(old), at))
            return _document(begun[-1])

        await replace(self._database, MESSAGES, key, change)
        return begun[-1]

    async def close(self, key: str, kind: str, state: SendingState, at: datetime) -> None:
        """See the port."""
        new = Sending(key=key, kind=kind, began_at=at, at=at, state=state)
        if await add_once(self._database, self._messages, _document(new)):
            return

        def change(old: Document | None) -> Document | None:
            return None if old is None else _document(close(_sendings.decode(old), state, at))

        await replace(self._database, MESSAGES, key, change)

    async def defer(self, key: str, kind: str, at: datetime) -> Sending:
        """See the port."""
        new = Sending(key=key, kind=kind, began_at=at, at=at, state=SendingState.WAITING)
        await add_once(self._database, self._messages, _document(new))
        return await self.find(key) or new

    async def tally(self) -> Sequence[Tally]:
        """See the port."""
        steps: list[Document] = [
            {"$match": {"state": {"$in": [state.value for state in SendingState]}}},
            {"$group": {"_id": {"kind": "$kind", "state": "$state"}, "n": {"$sum": 1}, "r": {"$sum": "$repeats"}}},
            {"$sort": {"_id.kind": 1, "_id.state": 1}},
        ]

        async def step(session: Session) -> list[Document]:
            cursor = await self._messages.aggregate(steps, session=session)
            return await cursor.to_list()

        return [
            Tally(
                kind=each["_id"]["kind"],
                state=SendingState(each["_id"]["state"]),
                messages=int(each["n"]),
                repeats=int(each["r"]),
            )
            for each in await self._database.read(step)
        ]

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        ended = {"state": {"$in": _ENDED}, "changed": {"$lt": to_micros(before)}}

        async def step(session: Session) -> int:
            found = await self._messages.find(ended, {"_id": 1}, session=session).sort("changed").limit(limit).to_list()
            ids = [document["_id"] for document in found]
            return (await self._messages.delete_many({"_id": {"$in": ids}}, session=session)).deleted_count

        return await self._database.write(step)


def _document(sending: Sending) -> Document:
    return _sendings.encode(sending, changed=to_micros(sending.at))


async def refile_troubles(database: MongoDatabase, ids: Sequence[str]) -> None:
    """Put what is known of an address under the first of its digests."""
    addresses = database.collection(TROUBLED_ADDRESSES)
    older = {"_id": {"$in": list(ids[1:])}}
    if not await database.read(lambda session: addresses.find(older, {"_id": 1}, session=session).to_list()):
        return

    async def step(session: Session) -> None:
        for each in ids:
            database.claim(TROUBLED_ADDRESSES, each)
        found = await addresses.find({"_id": {"$in": list(ids)}}, session=session).to_list()
        if found:
            new = _filed(filed_under(ids[0], [_addresses.decode(each) for each in found]))
            await addresses.delete_many(older, session=session)
            await addresses.replace_one({"_id": ids[0]}, new, upsert=True, session=session)

    await database.write(step)


class MongoTroubledAddresses:
    """Addresses by keyed digest."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._addresses = database.collection(TROUBLED_ADDRESSES)

    async def note(self, address_id: str, trouble: Trouble, at: datetime) -> TroubledAddress:
        """See the port."""
        new = [first_trouble(address_id, trouble, at)]
        if await add_once(self._database, self._addresses, _filed(new[-1])):
            return new[-1]

        def change(old: Document | None) -> Document | None:
            if old is None:
                return None
            new.append(troubled(_addresses.decode(old), trouble, at))
            return _filed(new[-1])

        await replace(self._database, TROUBLED_ADDRESSES, address_id, change)
        return new[-1]

    async def find(self, ids: Sequence[str]) -> TroubledAddress | None:
        """See the port."""
        any_of = {"_id": {"$in": list(ids)}}
        found = await self._database.read(lambda session: self._addresses.find(any_of, session=session).to_list())
        return as_one(ids[0], [_addresses.decode(each) for each in found])

    async def latest(self, limit: int) -> Sequence[TroubledAddress]:
        """See the port."""

        async def step(session: Session) -> list[Document]:
            newest = [("changed", -1), ("_id", 1)]
            return await self._addresses.find({}, session=session).sort(newest).limit(limit).to_list()

        return [_addresses.decode(each) for each in await self._database.read(step)]

    async def lift(self, ids: Sequence[str]) -> bool:
        """See the port."""
        any_of = {"_id": {"$in": list(ids)}}

        async def step(session: Session) -> bool:
            return (await self._addresses.delete_many(any_of, session=session)).deleted_count > 0

        return await self._database.write(step)


def _filed(address: TroubledAddress) -> Document:
    return _addresses.encode(address, changed=to_micros(address.at))
