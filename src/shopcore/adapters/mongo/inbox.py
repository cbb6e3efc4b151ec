"""Webhooks in MongoDB, each kept once."""

from datetime import datetime

from pymongo.errors import DuplicateKeyError

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
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
        name = _name(event.gateway, event.event_id)
        document = _codec.encode(event, id=name, at=to_micros(at))

        async def step(session: Session) -> bool:
            if session is not None and await self._events.find_one({"_id": name}, {"_id": 1}, session=session):
                return False
            try:
                await self._events.insert_one(document, session=session)
            except DuplicateKeyError:
                if session is not None:
                    raise
                return False
            return True

        return await self._database.once(step)

    async def get(self, gateway: str, event_id: str) -> GatewayEvent | None:
        """See the port."""
        name = _name(gateway, event_id)
        found = await self._database.read(lambda session: self._events.find_one({"_id": name}, session=session))
        return None if found is None else _codec.decode(found)


def _name(gateway: str, event_id: str) -> str:
    """Gateways number their events themselves."""
    return f"{gateway}/{event_id}"
