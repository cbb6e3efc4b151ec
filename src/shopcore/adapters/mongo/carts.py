"""Carts in MongoDB: one document each, the contact sealed in it, and its token beside it."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.places import Places
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.shopping import CART_CUSTOMERS, CART_TOKENS, CARTS
from shopcore.adapters.mongo.units import Session
from shopcore.cart.errors import CartChanged, CartNotFound, CustomerHasCart
from shopcore.cart.model import LIFETIME, Cart
from shopcore.kernel.ids import CartId, CustomerId
from shopcore.kernel.instants import to_micros
from shopcore.kernel.sealed_contacts import NOBODY, SealedContacts
from shopcore.kernel.sealing import Sealer

_codec = Codec(CARTS, Cart)


class _NeedsUnit(Exception):
    """Two documents have to change together, so it has to be done in a unit."""


class MongoCarts:
    """Carts by id, by the hash of their secret token, and by their customer."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._carts = database.collection(CARTS)
        self._tokens = database.collection(CART_TOKENS)
        self._customers = database.collection(CART_CUSTOMERS)
        self._contacts = SealedContacts(sealer, "carts")
        self._places = Places()

    async def add(self, cart: Cart, token_hash: str) -> None:
        """See the port."""
        document = _document(cart, token_hash, self._contacts.seal(cart.id, cart.contact))

        async def step(session: Session) -> None:
            await self._own(cart, session)
            await self._carts.insert_one(document, session=session)
            await self._tokens.insert_one({"_id": token_hash, "cart_id": cart.id}, session=session)

        await self._database.write(step)
        self._places.keep(token_hash, cart.id)

    async def update(self, cart_id: CartId, change: Callable[[Cart], Cart]) -> Cart:
        """See the port."""

        async def step(session: Session) -> Cart:
            document = await self._carts.find_one({"_id": cart_id}, session=session)
            if document is None:
                raise CartNotFound
            old = self._cart(document)
            new = change(old)
            if new == old:
                return old
            new = msgspec.structs.replace(new, id=old.id, version=old.version + 1)
            if (new.customer_id, new.ordered) != (old.customer_id, old.ordered):
                await self._own(new, session)
            same = new.contact == old.contact
            sealed = document["sealed"] if same else self._contacts.seal(new.id, new.contact)
            guard = {"_id": cart_id, "version": document["version"], "sealed": document["sealed"]}
            replacement = _document(new, document["token_hash"], sealed)
            if (await self._carts.replace_one(guard, replacement, session=session)).matched_count == 0:
                raise TryAgain
            return new

        try:
            return await self._database.guarded(CARTS, cart_id, step)
        except _NeedsUnit:
            return await self._database.run(lambda: self._database.guarded(CARTS, cart_id, step))

    async def replace(self, cart: Cart) -> None:
        """See the port."""
        new = msgspec.structs.replace(cart, version=cart.version + 1)
        document = _document(new, "", self._contacts.seal(new.id, new.contact))
        del document["_id"], document["token_hash"]

        async def step(session: Session) -> None:
            await self._own(new, session)
            guard = {"_id": cart.id, "version": cart.version}
            if (await self._carts.update_one(guard, {"$set": document}, session=session)).matched_count == 0:
                found = await self._carts.find_one({"_id": cart.id}, {"_id": 1}, session=session)
                raise CartChanged if found else CartNotFound

        try:
            await self._database.guarded(CARTS, cart.id, step)
        except _NeedsUnit:
            await self._database.run(lambda: self._database.guarded(CARTS, cart.id, step))

    async def get(self, cart_id: CartId) -> Cart:
        """See the port."""
        found = await self._database.read(lambda session: self._carts.find_one({"_id": cart_id}, session=session))
        if found is None:
            raise CartNotFound
        return self._cart(found)

    async def find_by_token(self, token_hash: str) -> Cart | None:
        """See the port."""

        async def step(session: Session) -> Document | None:
            known = self._places.of(token_hash)
            found = known and await self._carts.find_one({"_id": known, "token_hash": token_hash}, session=session)
            if found:
                return found
            token = await self._tokens.find_one({"_id": token_hash}, session=session)
            if token is None:
                return None
            self._places.keep(token_hash, token["cart_id"])
            return await self._carts.find_one({"_id": token["cart_id"]}, session=session)

        found = await self._database.read(step)
        return None if found is None else self._cart(found)

    async def find_by_customer(self, customer_id: CustomerId) -> Cart | None:
        """See the port."""

        async def step(session: Session) -> Document | None:
            owned = await self._customers.find_one({"_id": customer_id}, session=session)
            wanted = owned and {"_id": owned["cart_id"], "ordered": False}
            return wanted and await self._carts.find_one(wanted, session=session)

        found = await self._database.read(step)
        return None if found is None else self._cart(found)

    async def touched(self, since: datetime) -> Sequence[CartId]:
        """See the port."""
        asked = {"expires": {"$gte": to_micros(since + LIFETIME)}}

        async def find(carts: AsyncCollection[Document], session: Session) -> list[Document]:
            return await carts.find(asked, {"_id": 1}, session=session).to_list()

        return [CartId(each["_id"]) for each in await self._database.read_past(CARTS, find)]

    async def remove_expired(self, now: datetime, limit: int) -> Sequence[CartId]:
        """See the port."""
        expired = {"expires": {"$lte": to_micros(now)}}

        async def step(session: Session) -> Sequence[CartId]:
            cursor = (
                self._carts.find(expired, {"token_hash": 1, "customer_id": 1}, session=session)
                .sort("expires")
                .limit(limit)
            )
            found = await cursor.to_list()
            ids, hashes = [each["_id"] for each in found], [each["token_hash"] for each in found]
            await self._carts.delete_many({"_id": {"$in": ids}}, session=session)
            await self._tokens.delete_many({"_id": {"$in": hashes}}, session=session)
            customers = [each["customer_id"] for each in found if each.get("customer_id") is not None]
            lost = {"_id": {"$in": customers}, "cart_id": {"$in": ids}}
            await self._customers.delete_many(lost, session=session)
            return [CartId(cart_id) for cart_id in ids]

        return await self._database.write(step)

    async def _own(self, cart: Cart, session: Session) -> None:
        """Note whose open cart it is, or that it is open no more. Raises `_NeedsUnit` outside of one."""
        if cart.customer_id is None:
            return
        if session is None:
            raise _NeedsUnit
        if cart.ordered:
            await self._customers.delete_one({"_id": cart.customer_id, "cart_id": cart.id}, session=session)
            return
        owned = await self._customers.find_one({"_id": cart.customer_id}, session=session)
        if owned is None:
            await self._customers.insert_one({"_id": cart.customer_id, "cart_id": cart.id}, session=session)
        elif owned["cart_id"] != cart.id:
            raise CustomerHasCart

    def _cart(self, document: Document) -> Cart:
        cart = _codec.decode(document)
        return msgspec.structs.replace(cart, contact=self._contacts.unseal(cart.id, document["sealed"]))


def _document(cart: Cart, token_hash: str, sealed: bytes | None) -> Document:
    bare = msgspec.structs.replace(cart, contact=NOBODY)
    return _codec.encode(bare, token_hash=token_hash, expires=to_micros(cart.expires_at), sealed=sealed)
