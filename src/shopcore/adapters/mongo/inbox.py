"""Webhooks in MongoDB, each kept once."""

from collections.abc import Collection
from datetime import datetime

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, add_once
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.operations import INBOX
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.instants import to_micros
from shopcore.payments.ports import GatewayEvent

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
