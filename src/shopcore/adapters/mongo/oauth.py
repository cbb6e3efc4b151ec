"""Apps and integrations, consents, and what was given, in MongoDB."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from bson.int64 import Int64
from pymongo.results import UpdateResult

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, replace, upserted
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.oauth import OAUTH_CLIENTS, OAUTH_CONSENTS, OAUTH_GRANTS
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.instants import to_micros
from shopcore.oauth.errors import ClientNotFound, ConsentNotFound, GrantNotFound
from shopcore.oauth.model import Client, ClientGrant, CodeGrant, Consent, Grant
from shopcore.oauth.model.grants import is_used

_client = Codec(OAUTH_CLIENTS, Client)
_consent = Codec(OAUTH_CONSENTS, Consent, key="key")
_codes = Codec(OAUTH_GRANTS, CodeGrant)
_tokens = Codec(OAUTH_GRANTS, ClientGrant)


class MongoClients:
    """Clients by id."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._clients = database.collection(OAUTH_CLIENTS)

    async def add(self, client: Client) -> None:
        """See the port."""
        document = _client.encode(client, version=1)
        await self._database.once(lambda session: self._clients.insert_one(document, session=session))

    async def get(self, client_id: str) -> Client:
        """See the port."""
        found = await self._database.read(lambda session: self._clients.find_one({"_id": client_id}, session=session))
        if found is None:
            raise ClientNotFound
        return _client.decode(found)

    async def everything(self) -> Sequence[Client]:
        """See the port."""
        found = await self._database.read(lambda session: self._clients.find({}, session=session).sort("_id").to_list())
        return [_client.decode(document) for document in found]

    async def change(self, client_id: str, change: Callable[[Client], Client]) -> Client:
        """See the port."""
        new: Client

        def changed(document: Document | None) -> Document:
            nonlocal new
            if document is None:
                raise ClientNotFound
            new = change(_client.decode(document))
            return _client.encode(new, version=document["version"] + 1)

        await replace(self._database, OAUTH_CLIENTS, client_id, changed)
        return new


class MongoConsents:
    """Consents by customer and client, which are the `_id` together."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._consents = database.collection(OAUTH_CONSENTS)

    async def put(self, consent: Consent) -> None:
        """See the port."""
        key = _key(consent.customer_id, consent.client_id)
        document = _consent.encode(consent) | {"_id": key["_id"]}

        async def step(session: Session) -> UpdateResult:
            return await self._consents.replace_one(key, document, upsert=True, session=session)

        await self._database.once(lambda session: upserted(session, lambda: step(session)))

    async def find(self, customer_id: CustomerId, client_id: str) -> Consent | None:
        """See the port."""
        key = _key(customer_id, client_id)
        found = await self._database.read(lambda session: self._consents.find_one(key, session=session))
        return None if found is None else consent_of(found)

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Consent]:
        """See the port."""
        wanted = {"customer_id": customer_id}
        found = await self._database.read(
            lambda session: self._consents.find(wanted, session=session).sort("client_id").to_list()
        )
        return [consent_of(document) for document in found]

    async def remove(self, customer_id: CustomerId, client_id: str) -> None:
        """See the port."""
        key = _key(customer_id, client_id)
        done = await self._database.once(lambda session: self._consents.delete_one(key, session=session))
        if done.deleted_count == 0:
            raise ConsentNotFound

    async def remove_all(self, customer_id: CustomerId) -> None:
        """See the port."""
        theirs = {"customer_id": customer_id}
        await self._database.once(lambda session: self._consents.delete_many(theirs, session=session))


class MongoGrants:
    """Grants by id."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._grants = database.collection(OAUTH_GRANTS)

    async def add(self, grant: Grant) -> None:
        """See the port."""
        document = _document(grant)
        await self._database.once(lambda session: self._grants.insert_one(document, session=session))

    async def get(self, grant_id: str) -> Grant:
        """See the port."""
        found = await self._database.read(lambda session: self._grants.find_one({"_id": grant_id}, session=session))
        if found is None:
            raise GrantNotFound
        return grant_of(found)

    async def update(self, grant_id: str, change: Callable[[Grant], Grant]) -> Grant:
        """See the port."""
        new: Grant

        def changed(document: Document | None) -> Document | None:
            nonlocal new
            if document is None:
                raise GrantNotFound
            old = grant_of(document)
            new = change(old)
            if new == old:
                return None
            new = msgspec.structs.replace(new, id=old.id, version=old.version + 1)
            return _document(new)

        await replace(self._database, OAUTH_GRANTS, grant_id, changed)
        return new

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """See the port."""
        expired = {"expires": {"$lte": to_micros(before)}}

        async def step(session: Session) -> int:
            found = await self._grants.find(expired, {"_id": 1}, session=session).sort("expires").limit(limit).to_list()
            ids = [document["_id"] for document in found]
            return (await self._grants.delete_many({"_id": {"$in": ids}}, session=session)).deleted_count

        return await self._database.write(step)


def consent_of(document: Document) -> Consent:
    """The consent of a document."""
    return _consent.decode(document)


def grant_of(document: Document) -> Grant:
    """The grant of a document."""
    codec: Codec[CodeGrant] | Codec[ClientGrant] = _codes if document["type"] == "code" else _tokens
    return codec.decode(document)


def _document(grant: Grant) -> Document:
    more = {"used": is_used(grant), "expires": Int64(to_micros(grant.expires_at))}
    match grant:
        case CodeGrant():
            return _codes.encode(grant, **more)
        case ClientGrant():
            return _tokens.encode(grant, **more)


def _key(customer_id: CustomerId, client_id: str) -> Document:
    return {"_id": f"{customer_id}/{client_id}", "customer_id": customer_id}
