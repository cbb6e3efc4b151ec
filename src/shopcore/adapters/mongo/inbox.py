"""Webhooks in MongoDB, each kept once."""

from datetime import datetime

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, add_once
from shopcore.adapters.mongo.schema.operations import INBOX
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


def _name(gateway: str, event_id: str) -> str:
    """Gateways number their events themselves."""
    return f"{gateway}/{event_id}"
