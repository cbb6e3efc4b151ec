"""Sessions in MongoDB, sealed whole: a device says something of the person."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from bson.int64 import Int64

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import replace
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.identity import SESSIONS
from shopcore.adapters.mongo.units import Session as DriverSession
from shopcore.identity.errors import SessionNotFound
from shopcore.identity.model import Session
from shopcore.identity.model.sessions import beyond
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.sealing import Sealer

# Named, since where there are few sessions the server may as well walk over all of them by their ids.
_BY_CUSTOMER = SESSIONS.indexes[0].name

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Session).decode


class MongoSessions:
    """Sessions by id and by customer."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._sessions = database.collection(SESSIONS)
        self._sealer = sealer

    async def add(self, session: Session) -> None:
        """See the port."""
        document = self._document(session)
        await self._database.once(lambda unit: self._sessions.insert_one(document, session=unit))

    async def update(self, session_id: SessionId, change: Callable[[Session], Session]) -> Session:
        """See the port."""
        new: Session

        def changed(document: Document | None) -> Document | None:
            nonlocal new
            if document is None:
                raise SessionNotFound
            old = self._session(document)
            new = change(old)
            if new == old:
                return None
            new = msgspec.structs.replace(
                new,
                id=old.id,
                customer_id=old.customer_id,
                ended_at=old.ended_at or new.ended_at,
                version=old.version + 1,
            )
            return self._document(new)

        await replace(self._database, SESSIONS, session_id, changed)
        return new

    async def get(self, session_id: SessionId) -> Session:
        """See the port."""
        found = await self._database.read(lambda unit: self._sessions.find_one({"_id": session_id}, session=unit))
        if found is None:
            raise SessionNotFound
        return self._session(found)

    async def of_customer(self, customer_id: CustomerId) -> Sequence[Session]:
        """See the port."""
        wanted = {"customer_id": customer_id, "ended": False}
        found = await self._database.read(lambda unit: self._sessions.find(wanted, session=unit).sort("_id").to_list())
        return [self._session(document) for document in found]

    async def end_all(self, customer_id: CustomerId, at: datetime, spare: SessionId | None = None) -> int:
        """See the port."""
        # One statement, however many there are: whoever opened thousands must not outlast the deadline of a unit.
        wanted: Document = {"customer_id": customer_id, "ended": False} | (
            {} if spare is None else {"_id": {"$ne": spare}}
        )

        async def step(unit: DriverSession) -> int:
            done = await self._sessions.update_many(wanted, _ending(at), hint=_BY_CUSTOMER, session=unit)
            return done.modified_count

        return await self._database.write(step)

    async def end_longest_unused(self, customer_id: CustomerId, keep: int, at: datetime) -> int:
        """See the port."""
        live: Document = {"customer_id": customer_id, "ended": False}

        async def step(unit: DriverSession) -> int:
            found = await self._sessions.find(live, {"_id": 1}, hint=_BY_CUSTOMER, session=unit).to_list()
            if len(found) <= keep:
                return 0  # as a rule, and then nothing is unsealed
            held = await self._sessions.find(live, hint=_BY_CUSTOMER, session=unit).to_list()
            ending = beyond(keep, [self._session(document) for document in held])
            wanted = {"_id": {"$in": [one.id for one in ending]}, "ended": False}
            return (await self._sessions.update_many(wanted, _ending(at), session=unit)).modified_count

        return await self._database.write(step)

    async def remove_expired(self, now: datetime, limit: int) -> int:
        """See the port."""
        expired = {"expires": {"$lte": to_micros(now)}}

        async def step(unit: DriverSession) -> int:
            found = await self._sessions.find(expired, {"_id": 1}, session=unit).sort("expires").limit(limit).to_list()
            ids = [document["_id"] for document in found]
            return (await self._sessions.delete_many({"_id": {"$in": ids}}, session=unit)).deleted_count

        return await self._database.write(step)

    def _session(self, document: Document) -> Session:
        session = _decode(self._sealer.unseal(document["sealed"], _context(document["_id"])))
        if (ended := document.get("ended_at")) is None:
            return session
        # It ended with all the others, and nobody sealed it anew.
        return msgspec.structs.replace(session, ended_at=from_micros(ended), version=int(document["version"]))

    def _document(self, session: Session) -> Document:
        return {
            "_id": session.id,
            "customer_id": session.customer_id,
            "ended": session.ended_at is not None,
            "expires": Int64(to_micros(session.expires_at)),
            "version": Int64(session.version),
            "sealed": self._sealer.seal(_encode(session), _context(session.id)),
        }


def _ending(at: datetime) -> Document:
    return {"$set": {"ended": True, "ended_at": Int64(to_micros(at))}, "$inc": {"version": Int64(1)}}


def _context(session_id: str) -> str:
    return f"sessions/{session_id}/session"
