"""Webhooks in MongoDB: who is told, the log of what is told, and how far each telling has come."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from bson.int64 import Int64
from pymongo import UpdateOne

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, add_once, replace
from shopcore.adapters.mongo.holdings import WALK
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.webhooks import (
    WEBHOOK_DELIVERIES,
    WEBHOOK_ENDPOINTS,
    WEBHOOK_EVENTS,
    WEBHOOK_ORDERS,
)
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import OrderId, uuid7
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealing import Sealer
from shopcore.webhooks.errors import AnnouncementNotFound, DeliveryNotFound, EndpointNotFound
from shopcore.webhooks.model import Announcement, Delivery, DeliveryState, Endpoint, Secret

_endpoints = Codec(WEBHOOK_ENDPOINTS, Endpoint)
_events = Codec(WEBHOOK_EVENTS, Announcement)
_deliveries = Codec(WEBHOOK_DELIVERIES, Delivery, key="_key")
_encode = msgspec.json.Encoder().encode
_secrets = msgspec.json.Decoder(tuple[Secret, ...]).decode

_GUARD = "the endpoints"  # no id of an order; beside these since a version of before reads all endpoints there are
_KEYS = ("-place",)


class MongoEndpoints:
    """The receivers, their secrets sealed beside them."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._endpoints = database.collection(WEBHOOK_ENDPOINTS)
        self._guards = database.collection(WEBHOOK_ORDERS)
        self._sealer = sealer

    async def settle_among(self) -> None:
        """See the port. All write one document: who is later conflicts there, and is run again."""
        step = {"$inc": {"told": Int64(1)}}
        await self._database.write(
            lambda session: self._guards.update_one({"_id": _GUARD}, step, upsert=True, session=session)
        )

    async def everything(self) -> Sequence[Endpoint]:
        """See the port."""
        every = self._endpoints
        found = await self._database.read(lambda session: every.find({}, session=session).sort("_id").to_list())
        return [self._decoded(document) for document in found]

    async def get(self, endpoint_id: str) -> Endpoint:
        """See the port."""
        this = {"_id": endpoint_id}
        found = await self._database.read(lambda session: self._endpoints.find_one(this, session=session))
        return self._decoded(_there(found))

    async def add(self, endpoint: Endpoint) -> None:
        """See the port."""
        await add_once(self._database, self._endpoints, self._document(endpoint))

    async def change(self, endpoint_id: str, change: Callable[[Endpoint], Endpoint]) -> Endpoint:
        """See the port."""
        new: Endpoint

        def changed(document: Document | None) -> Document | None:
            nonlocal new
            old = self._decoded(_there(document))
            new = change(old)
            if new == old:
                return None
            new = msgspec.structs.replace(new, id=old.id, version=old.version + 1)
            return self._document(new)

        await replace(self._database, WEBHOOK_ENDPOINTS, endpoint_id, changed)
        return new

    async def remove(self, endpoint_id: str) -> None:
        """See the port."""
        this = {"_id": endpoint_id}
        done = await self._database.once(lambda session: self._endpoints.delete_one(this, session=session))
        if done.deleted_count == 0:
            raise EndpointNotFound

    def _document(self, endpoint: Endpoint) -> Document:
        sealed = self._sealer.seal(_encode(endpoint.secrets), _context(endpoint.id))
        return _endpoints.encode(endpoint, secrets=(), sealed=sealed)

    def _decoded(self, document: Document) -> Endpoint:
        secrets = _secrets(self._sealer.unseal(document["sealed"], _context(document["_id"])))
        return msgspec.structs.replace(_endpoints.decode(document), secrets=secrets)


class MongoAnnouncements:
    """The log, and how far each order is told: one document for each order, so that no step is new to two units."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._orders = database.collection(WEBHOOK_ORDERS)
        self._events = database.collection(WEBHOOK_EVENTS)

    async def tell(self, order_id: OrderId, until: int) -> int:
        """See the port."""

        async def step(session: Session) -> int:
            before = await self._orders.find_one_and_update(
                {"_id": order_id}, {"$max": {"told": Int64(until)}}, upsert=True, session=session
            )
            return 0 if before is None else int(before["told"])

        return await self._database.write(step)

    async def append(self, *events: Announcement) -> None:
        """See the port."""
        documents = [_events.encode(event) for event in events]
        adding = [UpdateOne({"_id": each["_id"]}, {"$setOnInsert": each}, upsert=True) for each in documents]
        await self._database.write(lambda session: self._events.bulk_write(adding, session=session))

    async def get(self, event_id: str) -> Announcement:
        """See the port."""
        this = {"_id": event_id}
        found = await self._database.read(lambda session: self._events.find_one(this, session=session))
        if found is None:
            raise AnnouncementNotFound
        return _events.decode(found)

    async def after(self, place: str, limit: int) -> Sequence[Announcement]:
        """See the port."""
        asked = {"place": {"$gt": place}}
        found = await self._database.read(
            lambda session: self._events.find(asked, session=session).sort("place").limit(limit).to_list()
        )
        return [_events.decode(document) for document in found]

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        old = {"place": {"$lt": _first_place(before)}}

        async def step(session: Session) -> int:
            found = await self._events.find(old, {"_id": 1}, session=session).sort("place").limit(limit).to_list()
            ids = [each["_id"] for each in found]
            return (await self._events.delete_many({"_id": {"$in": ids}}, session=session)).deleted_count

        return await self._database.once(step)


class MongoDeliveries:
    """Each event on its way to each endpoint."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._deliveries = database.collection(WEBHOOK_DELIVERIES)

    async def add(self, *deliveries: Delivery) -> None:
        """See the port."""
        documents = [_document(each, 1) for each in deliveries]
        adding = [UpdateOne({"_id": each["_id"]}, {"$setOnInsert": each}, upsert=True) for each in documents]
        await self._database.write(lambda session: self._deliveries.bulk_write(adding, session=session))

    async def get(self, endpoint_id: str, event_id: str) -> Delivery:
        """See the port."""
        this = {"_id": _key(endpoint_id, event_id)}
        return _delivered(await self._database.read(lambda session: self._deliveries.find_one(this, session=session)))

    async def change(self, endpoint_id: str, event_id: str, change: Callable[[Delivery], Delivery]) -> Delivery:
        """See the port."""
        new: Delivery

        def changed(document: Document | None) -> Document | None:
            nonlocal new
            old = _delivered(document)
            new = change(old)
            return None if new == old else _document(new, (document or {})["version"] + 1)

        await replace(self._database, WEBHOOK_DELIVERIES, _key(endpoint_id, event_id), changed)
        return new

    async def page(
        self, endpoint_id: str, state: DeliveryState | None, after: Position | None, limit: int
    ) -> Slice[Delivery]:
        """See the port."""
        asked = {"endpoint_id": endpoint_id} | ({} if state is None else {"state": state.value}) | beyond(_KEYS, after)
        found = await self._database.read(
            lambda session: self._deliveries.find(asked, session=session).sort("place", -1).limit(limit + 1).to_list()
        )
        return sliced(found, _KEYS, limit, _delivered)

    async def walk(self, after: str, limit: int) -> Sequence[tuple[str, Delivery]]:
        """See the port."""
        asked = {"_id": {"$gt": after}}
        found = await self._database.read(
            lambda session: (
                self._deliveries.find(asked, comment=WALK, session=session).sort("_id").limit(limit).to_list()
            )
        )
        return [(document["_id"], _delivered(document)) for document in found]

    async def forget(self, before: datetime, limit: int) -> int:
        """See the port."""
        old = {"place": {"$lt": _first_place(before)}}

        async def step(session: Session) -> int:
            found = await self._deliveries.find(old, {"_id": 1}, session=session).sort("place").limit(limit).to_list()
            ids = [each["_id"] for each in found]
            return (await self._deliveries.delete_many({"_id": {"$in": ids}}, session=session)).deleted_count

        return await self._database.once(step)


def _document(delivery: Delivery, version: int) -> Document:
    return _deliveries.encode(delivery, _id=_key(delivery.endpoint_id, delivery.event_id), version=version)


def _delivered(document: Document | None) -> Delivery:
    if document is None:
        raise DeliveryNotFound
    return _deliveries.decode(document)


def _there(document: Document | None) -> Document:
    if document is None:
        raise EndpointNotFound
    return document


def _key(endpoint_id: str, event_id: str) -> str:
    return f"{endpoint_id}/{event_id}"


def _context(endpoint_id: str) -> str:
    return f"webhook_endpoints/{endpoint_id}/secrets"


def _first_place(at: datetime) -> str:
    """Places are ids, which sort by the time when they were made."""
    return uuid7(int(at.timestamp() * 1000), 0)
