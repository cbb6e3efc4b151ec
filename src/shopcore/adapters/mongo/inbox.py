"""Webhooks in MongoDB, each kept once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bson.int64 import Int64
from pymongo import UpdateOne

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, add_once
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.operations import INBOX, IS_ASIDE
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.payments.ports import Aside, GatewayEvent

_KEYS = ("-at", "-_id")
_codec = Codec(INBOX, GatewayEvent)


class MongoInbox:
    """Webhooks, stored before anything is done about them."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._events = database.collection(INBOX)

    async def store(self, event: GatewayEvent, at: datetime) -> bool:
        """See the port."""
        document = _codec.encode(event, id=_name(event.gateway, event.event_id), at=to_micros(at))
        return await add_once(self._database, self._events, document)

    async def get(self, gateway: str, event_id: str) -> GatewayEvent | None:
        """See the port."""
        name = _name(gateway, event_id)
        found = await self._database.read(lambda session: self._events.find_one({"_id": name}, session=session))
        return None if found is None else _codec.decode(found)

    async def set_aside(self, *asides: Aside) -> None:
        """See the port."""
        await self._change(
            [
                UpdateOne(
                    _key(each), {"$set": {"payment_id": each.payment_id, "look_at": Int64(to_micros(each.look_at))}}
                )
                for each in asides
            ]
        )

    async def take_up(self, *asides: Aside) -> None:
        """See the port."""
        await self._change([UpdateOne(_key(each), {"$unset": {"payment_id": "", "look_at": ""}}) for each in asides])

    async def _change(self, changes: Sequence[UpdateOne]) -> None:
        if changes:
            await self._database.once(lambda session: self._events.bulk_write(changes, ordered=False, session=session))

    async def aside(self, gateway: str, event_id: str) -> Aside | None:
        """See the port."""
        asked: Document = {"_id": _name(gateway, event_id), **IS_ASIDE}
        found = await self._database.read(lambda session: self._events.find_one(asked, session=session))
        return None if found is None else _aside(found)

    async def to_look_at(self, now: datetime, limit: int) -> Sequence[Aside]:
        """See the port."""
        asked: Document = {"look_at": {**IS_ASIDE["look_at"], "$lte": to_micros(now)}}
        found = await self._database.read(
            lambda session: self._events.find(asked, session=session).sort("look_at").limit(limit).to_list()
        )
        return [_aside(each) for each in found]

    async def all_aside(self, after: Position | None, limit: int) -> Slice[Aside]:
        """See the port."""
        asked: Document = {**IS_ASIDE, **beyond(_KEYS, after)}
        found = await self._database.read(
            lambda session: (
                self._events.find(asked, session=session).sort([("at", -1), ("_id", -1)]).limit(limit + 1).to_list()
            )
        )
        return sliced(found, _KEYS, limit, _aside)

    async def forget(self, before: datetime, limit: int, kept: Collection[tuple[str, str]] = ()) -> int:
        """See the port."""
        asked: Document = {"at": {"$lt": to_micros(before)}, "_id": {"$nin": [_name(*each) for each in kept]}}

        async def step(session: Session) -> int:
            found = await self._events.find(asked, {"_id": 1}, session=session).sort("at").limit(limit).to_list()
            ids = [each["_id"] for each in found]
            return (await self._events.delete_many({"_id": {"$in": ids}}, session=session)).deleted_count

        return await self._database.once(step)


def _name(gateway: str, event_id: str) -> str:
    """Gateways number their events themselves."""
    return f"{gateway}/{event_id}"


def _key(aside: Aside) -> Document:
    return {"_id": _name(aside.gateway, aside.event_id), "at": to_micros(aside.received_at)}


def _aside(document: Document) -> Aside:
    return Aside(
        gateway=document["gateway"],
        event_id=document["event_id"],
        payment_id=PaymentId(document["payment_id"]),
        received_at=from_micros(document["at"]),
        look_at=from_micros(document["look_at"]),
    )
