"""Everything in a shop's database that its keys were used for, while it sells."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from shopcore.adapters.mongo import held_keys
from shopcore.adapters.mongo.accounts import entries_of
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.holdings import WALK
from shopcore.adapters.mongo.messages import refile_troubles
from shopcore.adapters.mongo.schema.declaration import Collection, Document
from shopcore.adapters.mongo.schema.identity import ACCOUNT_EMAILS, ACCOUNTS, SESSIONS
from shopcore.adapters.mongo.schema.operations import CLAIMS
from shopcore.adapters.mongo.schema.pricing import COUPON_REDEMPTIONS, COUPONS
from shopcore.adapters.mongo.schema.sales import ORDER_NAMES, ORDERS, PAYMENTS
from shopcore.adapters.mongo.schema.shopping import CARTS
from shopcore.adapters.mongo.schema.webhooks import WEBHOOK_ENDPOINTS
from shopcore.adapters.mongo.units import Session
from shopcore.identity.model import Account
from shopcore.kernel.address import Contact
from shopcore.kernel.sealing import Sealer
from shopcore.kernel.stores import StoreUnusable
from shopcore.messages.model import RECIPIENT
from shopcore.privacy.model import HeldKeys, Place, Tally

_PLACES: Mapping[Place, tuple[Collection, str]] = {
    Place.ACCOUNTS: (ACCOUNTS, "account"),
    Place.SESSIONS: (SESSIONS, "session"),
    Place.CARTS: (CARTS, "contact"),
    Place.ORDERS: (ORDERS, "contact"),
    Place.PAYMENTS: (PAYMENTS, "secrets"),
    Place.CLAIMS: (CLAIMS, "outcome"),
    Place.ENDPOINTS: (WEBHOOK_ENDPOINTS, "secrets"),
    Place.REDEMPTIONS: (COUPON_REDEMPTIONS, ""),
}
"""Each collection, and what a value of it is called in the context that it is sealed for."""

_UNKNOWN = "unknown"

_account = msgspec.json.Decoder(Account).decode
_contact = msgspec.json.Decoder(Contact).decode


class MongoVault:
    """The sealed values and blind indexes of one database. Each document is taken by itself, under a guard."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._emails = database.collection(ACCOUNT_EMAILS)

    async def held(self) -> HeldKeys:
        """See the port."""
        return await held_keys.read(self._database)

    async def note(self, change: Callable[[HeldKeys], HeldKeys]) -> HeldKeys:
        """See the port."""
        return await held_keys.change(self._database, change)

    async def is_new(self) -> bool:
        """See the port."""
        for declared in (ACCOUNTS, ORDERS):
            if await self._find(declared, {}, 1):
                return False
        return True

    async def renew(self, place: Place, after: str, limit: int) -> Sequence[str]:
        """See the port."""
        found = await self._find(_PLACES[place][0], {"_id": {"$gt": after}}, limit)
        for document in found:
            if await self._is_old(place, document):
                await self._refile_troubles(place, document)
                await self._renew(place, document)
        return [document["_id"] for document in found]

    async def tally(self, place: Place, after: str, limit: int) -> Tally:
        """See the port."""
        found = await self._find(_PLACES[place][0], {"_id": {"$gt": after}}, limit)
        sealing, index = Counter[str](), Counter[str]()
        for document in found:
            if (sealed := document.get("sealed")) is not None:
                sealing[self._sealer.sealed_with(sealed)] += 1
            found_by = await self._found_by(place, document)
            if found_by is not None:
                index[found_by] += 1
        return Tally(last=found[-1]["_id"] if found else None, sealing=sealing, index=index)

    async def _is_old(self, place: Place, document: Document) -> bool:
        """Looked at before a document is taken, since most are as they should be when it is done again."""
        if place is Place.REDEMPTIONS:
            return bool(self._index_of_use(document, await self._buyer(document)) != document["customer"])
        return bool(document["sealed"] is not None and self._changes(place, document))

    async def _refile_troubles(self, place: Place, document: Document) -> None:
        """Before the document, by which it is known that this was not done yet."""
        match place:
            case Place.ACCOUNTS:
                address: str | None = _account(self._plain(place, document)).email
            case Place.ORDERS:
                address = _contact(self._plain(place, document)).email
            case _:
                return
        if address is not None:
            await refile_troubles(self._database, self._sealer.blind_indexes(address, RECIPIENT))

    async def _renew(self, place: Place, document: Document) -> None:
        match place:
            case Place.ACCOUNTS:
                await self._database.write(partial(self._renew_account, document["_id"]))
            case Place.REDEMPTIONS:
                await self._database.write(partial(self._renew_use, document))
            case _:
                declared = _PLACES[place][0]
                named = {name: document[name] for name in ("_id", *declared.shard_key)}
                step = partial(self._renew_sealed, place, named)
                await self._database.guarded(declared, document["_id"], step)

    async def _renew_sealed(self, place: Place, named: Document, session: Session) -> None:
        collection = self._database.collection(_PLACES[place][0])
        found = await collection.find_one(named, session=session)
        if found is None or found["sealed"] is None or not (changes := self._changes(place, found)):
            return
        guard = {**named, "sealed": found["sealed"]}
        if (await collection.update_one(guard, {"$set": changes}, session=session)).matched_count == 0:
            raise TryAgain

    async def _renew_account(self, account_id: str, session: Session) -> None:
        self._database.claim(ACCOUNTS, account_id)
        accounts = self._database.collection(ACCOUNTS)
        found = await accounts.find_one({"_id": account_id}, session=session)
        if found is None or not (changes := self._changes(Place.ACCOUNTS, found)):
            return
        old, new = entries_of(found), changes.get("emails", entries_of(found))
        added = [entry for entry in new if entry not in old]
        if added and await self._emails.find_one({"_id": {"$in": added}}, session=session):
            raise StoreUnusable(f"the account {account_id} has the address of another one")
        if added:
            entries = [{"_id": entry, "account_id": account_id} for entry in added]
            await self._emails.insert_many(entries, session=session)
        await self._emails.delete_many({"_id": {"$in": [entry for entry in old if entry not in new]}}, session=session)
        guard = {name: found[name] for name in ("_id", "version", "sealed")}
        if (await accounts.update_one(guard, {"$set": changes}, session=session)).matched_count == 0:
            raise TryAgain

    async def _renew_use(self, use: Document, session: Session) -> None:
        """What a collection is sharded by is not changed, so the use is written anew."""
        self._database.claim(COUPONS, use["code"])
        uses = self._database.collection(COUPON_REDEMPTIONS)
        index = self._index_of_use(use, await self._buyer(use))
        named = {"_id": use["_id"], "customer": use["customer"]}
        if await uses.find_one_and_delete(named, session=session) is not None:
            await uses.insert_one({**use, "customer": index}, session=session)

    def _changes(self, place: Place, document: Document) -> Document:
        """What a document lacks of being sealed and indexed with the first keys."""
        plain = self._plain(place, document)
        changes: Document = {}
        if self._sealer.sealed_with(document["sealed"]) != self._sealer.sealing_keys[0]:
            changes["sealed"] = self._sealer.seal(plain, _context(place, document))
        if place is Place.ACCOUNTS:
            emails = list(self._sealer.blind_indexes(_account(plain).email, "accounts/email"))
            if emails != entries_of(document):
                changes["emails"] = emails
        elif place is Place.ORDERS and (email := _contact(plain).email) is not None:
            index = self._sealer.blind_index(email, "orders/email")
            if index != document["email"]:
                changes["email"] = index
        return changes

    def _plain(self, place: Place, document: Document) -> bytes:
        return self._sealer.unseal(document["sealed"], _context(place, document))

    def _index_of_use(self, use: Document, email: str | None) -> str:
        if email is not None:
            return self._sealer.blind_index(email, "coupons")
        kept: str = use["customer"]
        return "" if len(self._sealer.index_keys) > 1 else kept

    async def _buyer(self, use: Document) -> str | None:
        """The address behind a use of a coupon, which the order knows unless its buyer was forgotten."""
        names, orders = self._database.collection(ORDER_NAMES), self._database.collection(ORDERS)

        async def step(session: Session) -> Document | None:
            place = await names.find_one({"_id": f"order/{use['order_id']}"}, session=session)
            named = place and {"_id": place["order_id"], "buyer": place["buyer"]}
            return named and await orders.find_one(named, {"sealed": 1}, session=session)

        order = await self._database.read(step)
        if order is None or order["sealed"] is None:
            return None
        return _contact(self._plain(Place.ORDERS, order)).email

    async def _found_by(self, place: Place, document: Document) -> str | None:
        """The first key by which a document is found; None where none has to."""
        match place:
            case Place.ACCOUNTS:
                email = _account(self._plain(place, document)).email
                return self._named(entries_of(document), email, "accounts/email")
            case Place.ORDERS if document["email"] is not None and document["sealed"] is not None:
                email = _contact(self._plain(place, document)).email or ""
                return self._named([document["email"]], email, "orders/email")
            case Place.REDEMPTIONS if (buyer := await self._buyer(document)) is not None:
                return self._named([document["customer"]], buyer, "coupons")
            case _:
                return None

    def _named(self, stored: Sequence[str], email: str, context: str) -> str:
        indexes = zip(self._sealer.index_keys, self._sealer.blind_indexes(email, context), strict=True)
        return next((key for key, index in indexes if index in stored), _UNKNOWN)

    async def _find(self, declared: Collection, asked: Document, limit: int) -> list[Document]:
        collection = self._database.collection(declared)
        return await self._database.read(
            lambda session: collection.find(asked, comment=WALK, session=session).sort("_id").limit(limit).to_list()
        )


def _context(place: Place, document: Document) -> str:
    return f"{place}/{document['_id']}/{_PLACES[place][1]}"
