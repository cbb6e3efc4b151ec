"""Claims on requests in MongoDB, the replies sealed."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from bson.int64 import Int64
from pymongo.errors import DuplicateKeyError

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.operations import CLAIMS
from shopcore.adapters.mongo.units import Session
from shopcore.idempotency.errors import RequestInProgress
from shopcore.idempotency.model import LEASE, Claim
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.sealing import Sealer

_codec = Codec(CLAIMS, Claim, key="key")


class MongoClaims:
    """Claims by key."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._claims = database.collection(CLAIMS)
        self._sealer = sealer

    async def claim(self, wanted: Claim, take_over: Callable[[Claim], Claim]) -> Claim:
        """See the port."""

        async def step(session: Session) -> Claim:
            document = self._document(wanted, 1, None)
            if session is None and await self._is_added(document):
                return wanted
            there = await self._claims.find_one({"_id": wanted.key}, session=session)
            if there is None and session is None:
                raise TryAgain  # somebody else's, which a majority is yet to confirm
            if there is None:
                await self._claims.insert_one(document, session=session)
                return wanted
            old = self._claim(there)
            new = msgspec.structs.replace(take_over(old), key=old.key)
            if new != old:
                sealed = there["sealed"] if new.outcome == old.outcome else None
                await self._replace(there, self._document(new, there["version"] + 1, sealed), session)
            return new

        return await self._database.guarded(CLAIMS, wanted.key, step)

    async def find(self, key: str) -> Claim | None:
        """See the port."""
        found = await self._database.read(lambda session: self._claims.find_one({"_id": key}, session=session))
        return None if found is None else self._claim(found)

    async def renew(self, key: str, owner: str, until: datetime) -> None:
        """See the port."""
        await self._set("leased_until", Int64(to_micros(until)), key, owner)

    async def reach(self, key: str, owner: str, point: str) -> None:
        """See the port."""
        await self._set("point", point, key, owner)

    async def finish(self, key: str, owner: str, outcome: bytes) -> None:
        """See the port."""
        await self._set("sealed", self._sealer.seal(outcome, _context(key)), key, owner)

    async def remove_older(self, before: datetime, limit: int) -> int:
        """See the port."""
        older = {"claimed_at": {"$lt": to_micros(before)}}

        async def step(session: Session) -> int:
            cursor = self._claims.find(older, {"_id": 1}, session=session).sort("claimed_at").limit(limit)
            ids = [each["_id"] for each in await cursor.to_list()]
            return (await self._claims.delete_many({"_id": {"$in": ids}, **older}, session=session)).deleted_count

        return await self._database.write(step)

    async def _is_added(self, document: Document) -> bool:
        """Outside of a transaction, where adding finds out whether the key was free."""
        try:
            await self._claims.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def _replace(self, old: Document, new: Document, session: Session) -> None:
        guard = {"_id": old["_id"], "version": old["version"], "sealed": old["sealed"]}
        if (await self._claims.replace_one(guard, new, session=session)).matched_count == 0:
            raise TryAgain

    async def _set(self, field: str, value: object, key: str, owner: str) -> None:
        """One field of a claim that is held: no need to look at the others first."""
        held = {"_id": key, "owner": owner}
        change = {"$set": {field: value}, "$inc": {"version": Int64(1)}}
        done = await self._database.once(lambda session: self._claims.update_one(held, change, session=session))
        if done.matched_count == 0:
            raise RequestInProgress(retry_after=LEASE.total_seconds())

    def _claim(self, document: Document) -> Claim:
        times = {name: from_micros(document[name]) for name in ("claimed_at", "leased_until")}
        claim = _codec.decode(document | times)
        sealed = document["sealed"]
        outcome = None if sealed is None else self._sealer.unseal(sealed, _context(claim.key))
        return msgspec.structs.replace(claim, outcome=outcome)

    def _document(self, claim: Claim, version: int, sealed: bytes | None) -> Document:
        """`sealed` is the outcome as it is stored already; None to seal it, if there is one."""
        if sealed is None and claim.outcome is not None:
            sealed = self._sealer.seal(claim.outcome, _context(claim.key))
        return _codec.encode(
            msgspec.structs.replace(claim, outcome=None),
            claimed_at=to_micros(claim.claimed_at),
            leased_until=to_micros(claim.leased_until),
            version=version,
            sealed=sealed,
        )


def _context(key: str) -> str:
    return f"claims/{key}/outcome"
