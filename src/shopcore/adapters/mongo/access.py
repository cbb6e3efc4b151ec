"""Roles, members of staff and API keys in MongoDB."""

from collections.abc import Callable, Sequence

from bson.int64 import Int64

from shopcore.access.errors import ApiKeyNotFound, MemberNotFound, RoleNotFound
from shopcore.access.model import ApiKey, Member, Role
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, replace
from shopcore.adapters.mongo.schema.access import API_KEYS, MEMBERS, ROLES, STAFF_CHANGES
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session
from shopcore.kernel.ids import CustomerId

_role = Codec(ROLES, Role)
_member = Codec(MEMBERS, Member)
_key = Codec(API_KEYS, ApiKey)

_STAFF = "staff"


class MongoRoles:
    """The shop's own roles."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._roles = database.collection(ROLES)

    async def everything(self) -> Sequence[Role]:
        """See the port."""
        found = await self._database.read(lambda session: self._roles.find({}, session=session).sort("_id").to_list())
        return [_role.decode(document) for document in found]

    async def put(self, role: Role) -> None:
        """See the port."""
        document = _role.encode(role, _id=role.name)
        await self._database.once(
            lambda session: self._roles.replace_one({"_id": role.name}, document, upsert=True, session=session)
        )

    async def remove(self, name: str) -> None:
        """See the port."""
        done = await self._database.once(lambda session: self._roles.delete_one({"_id": name}, session=session))
        if done.deleted_count == 0:
            raise RoleNotFound


class MongoMembers:
    """Who works for the shop. Every change counts one document up: else two owners could leave at once, unseen."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._members = database.collection(MEMBERS)
        self._changes = database.collection(STAFF_CHANGES)

    async def get(self, customer_id: CustomerId) -> Member:
        """See the port."""
        found = await self._database.read(lambda session: self._members.find_one({"_id": customer_id}, session=session))
        if found is None:
            raise MemberNotFound
        return _member.decode(found)

    async def everything(self) -> Sequence[Member]:
        """See the port."""
        found = await self._database.read(lambda session: self._members.find({}, session=session).sort("_id").to_list())
        return sorted(map(_member.decode, found), key=lambda member: (member.added_at, member.customer_id))

    async def put(self, member: Member) -> None:
        """See the port."""
        document = _member.encode(member, _id=member.customer_id)

        async def step(session: Session) -> None:
            await self._count(session)
            await self._members.replace_one({"_id": member.customer_id}, document, upsert=True, session=session)

        await self._database.write(step)

    async def remove(self, customer_id: CustomerId) -> None:
        """See the port."""

        async def step(session: Session) -> None:
            await self._count(session)
            if (await self._members.delete_one({"_id": customer_id}, session=session)).deleted_count == 0:
                raise MemberNotFound

        await self._database.write(step)

    async def _count(self, session: Session) -> None:
        self._database.claim(STAFF_CHANGES, _STAFF)
        change = {"$inc": {"version": Int64(1)}}
        await self._changes.update_one({"_id": _STAFF}, change, upsert=True, session=session)


class MongoApiKeys:
    """Keys of other systems, by their digest; each also carries its id as `key_id`."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._keys = database.collection(API_KEYS)

    async def add(self, key: ApiKey) -> None:
        """See the port."""
        document = _document(key, 1)
        await self._database.once(lambda session: self._keys.insert_one(document, session=session))

    async def by_digest(self, digest: str) -> ApiKey:
        """See the port."""
        found = await self._database.read(lambda session: self._keys.find_one({"_id": digest}, session=session))
        if found is None:
            raise ApiKeyNotFound
        return _decoded(found)

    async def everything(self) -> Sequence[ApiKey]:
        """See the port."""
        found = await self._database.read(lambda session: self._keys.find({}, session=session).sort("key_id").to_list())
        return [_decoded(document) for document in found]

    async def change(self, key_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
        """See the port."""
        found = await self._database.read(
            lambda session: self._keys.find_one({"key_id": key_id}, {"_id": 1}, session=session)
        )
        if found is None:
            raise ApiKeyNotFound
        new: ApiKey

        def changed(document: Document | None) -> Document:
            nonlocal new
            if document is None:
                raise ApiKeyNotFound
            new = change(_decoded(document))
            return _document(new, document["version"] + 1)

        await replace(self._database, API_KEYS, found["_id"], changed)
        return new


def _document(key: ApiKey, version: int) -> Document:
    return {**_key.encode(key, key_id=key.id, version=version), "_id": key.digest}


def _decoded(document: Document) -> ApiKey:
    return _key.decode({**document, "_id": document["key_id"]})
