"""Payments in MongoDB, what only the buyer may know sealed."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

import msgspec

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, replace
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.places import Places
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import PAYMENT_NAMES, PAYMENTS
from shopcore.adapters.mongo.units import Session
from shopcore.adapters.mongo.young import Young
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.sealing import Sealer
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.model import OPEN, NextAction, Payment, to_ask_from

_codec = Codec(PAYMENTS, Payment)


class _Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What lets its holder act as the buyer, or may name them: a shop's return address often carries a token."""

    client_secret: str | None = None
    next_action: NextAction | None = None
    return_url: str | None = None


_NONE = _Secrets()

_encode = msgspec.json.Encoder().encode
_decode_secrets = msgspec.json.Decoder(_Secrets).decode


class MongoPayments:
    """Payments by id and by order."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._payments = database.collection(PAYMENTS)
        self._names = database.collection(PAYMENT_NAMES)
        self._sealer = sealer
        self._ids = Places()
        self._young = Young()

    async def add(self, payment: Payment) -> None:
        """See the port."""
        document = self._document(payment)

        async def step(session: Session) -> None:
            known = self._database.was_tried() and await self._find(payment.id, session)
            if known:
                return
            if str(payment.id) != payment.order_id:
                await self._name(payment, session)
            await self._payments.insert_one(document, session=session)
            self._database.after_commit(partial(self._young.keep, document))

        await self._database.write(step)
        self._ids.keep(payment.order_id, payment.id)

    async def _name(self, payment: Payment, session: Session) -> None:
        """Where one looks for it by its order. One that goes by the order's own id is there already."""
        if await self._find(payment.order_id, session):
            raise TryAgain
        await self._names.insert_one({"_id": payment.order_id, "payment_id": payment.id}, session=session)

    async def update(self, payment_id: PaymentId, change: Callable[[Payment], Payment]) -> Payment:
        """See the port."""
        new: Payment

        def changed(document: Document | None) -> Document | None:
            nonlocal new
            if document is None:
                raise PaymentNotFound
            old = self._payment(document)
            new = change(old)
            if new == old:
                return None
            new = msgspec.structs.replace(new, id=old.id, order_id=old.order_id, version=old.version + 1)
            return self._document(new)

        await replace(self._database, PAYMENTS, payment_id, changed, young=self._young)
        return new

    async def get(self, payment_id: PaymentId) -> Payment:
        """See the port."""
        found = await self._database.read(partial(self._find, payment_id))
        if found is None:
            raise PaymentNotFound
        return self._payment(found)

    async def known(self, payment_ids: Collection[PaymentId]) -> Sequence[Payment]:
        """See the port."""
        asked = {"_id": {"$in": sorted(payment_ids)}}
        found = await self._database.read(
            lambda session: self._payments.find(asked, session=session).sort("_id").to_list()
        )
        return [self._payment(document) for document in found]

    async def of_order(self, order_id: OrderId) -> Payment | None:
        """See the port."""

        async def step(session: Session) -> Document | None:
            known = self._ids.of(order_id)
            found = known and await self._find(known, session)
            if not found and known != order_id:  # what is remembered of a unit that was undone may be wrong
                found = await self._find(order_id, session)
            if found and found["order_id"] == order_id:
                return found
            name = await self._names.find_one({"_id": order_id}, session=session)
            if name is None:
                return None
            self._ids.keep(order_id, name["payment_id"])
            return await self._find(name["payment_id"], session)

        found = await self._database.read(step)
        return None if found is None else self._payment(found)

    async def open_since(self, before: datetime, limit: int) -> Sequence[tuple[PaymentId, datetime]]:
        """See the port."""
        silent = {"open": True, "updated": {"$lt": to_micros(before)}}

        async def step(session: Session) -> list[Document]:
            cursor = self._payments.find(silent, {"updated": 1}, session=session).sort([("updated", 1), ("_id", 1)])
            return await cursor.limit(limit).to_list()

        return [(PaymentId(each["_id"]), from_micros(int(each["updated"]))) for each in await self._database.read(step)]

    async def _find(self, payment_id: str, session: Session) -> Document | None:
        return await self._payments.find_one({"_id": payment_id}, session=session)

    def _payment(self, document: Document) -> Payment:
        payment = _codec.decode(document)
        sealed = document["sealed"]
        if sealed is None:
            return payment
        secrets = _decode_secrets(self._sealer.unseal(sealed, _context(payment.id)))
        return msgspec.structs.replace(
            payment,
            client_secret=secrets.client_secret,
            next_action=secrets.next_action,
            return_url=secrets.return_url,
        )

    def _document(self, payment: Payment) -> Document:
        secrets = _Secrets(
            client_secret=payment.client_secret, next_action=payment.next_action, return_url=payment.return_url
        )
        public = msgspec.structs.replace(payment, client_secret=None, next_action=None, return_url=None)
        return _codec.encode(
            public,
            open=payment.state in OPEN,
            updated=to_micros(to_ask_from(payment)),
            sealed=None if secrets == _NONE else self._sealer.seal(_encode(secrets), _context(payment.id)),
        )


def _context(payment_id: PaymentId) -> str:
    return f"payments/{payment_id}/secrets"
