"""Orders in MongoDB: one document each, the contact sealed in it, beside the names that lead to it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec
from pymongo.asynchronous.collection import AsyncCollection

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, replace
from shopcore.adapters.mongo.paging import after as following
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.places import Places
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.sales import (
    BY_AGE,
    BY_CUSTOMER,
    BY_EMAIL,
    BY_FAILED_REFUND,
    BY_STATUS,
    ORDER_NAMES,
    ORDERS,
)
from shopcore.adapters.mongo.units import Session
from shopcore.adapters.mongo.young import Young
from shopcore.kernel.errors import ShopError
from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.paging import Position, Slice
from shopcore.kernel.sealed_contacts import NOBODY, SealedContacts
from shopcore.kernel.sealing import Sealer
from shopcore.ordering.errors import CartOrdered, NumberTaken, OrderNotFound
from shopcore.ordering.model import Order, OrderStatus, RefundStatus
from shopcore.ordering.ports import OrderFilter

_codec = Codec(ORDERS, Order)
_NEWEST_FIRST = ("-placed", "-_id")


class _Documents:
    """An order as a document, and back."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._contacts = SealedContacts(sealer, "orders")

    def order(self, document: Document) -> Order:
        order = _codec.decode({**document, "explanation": msgspec.Raw(document["explanation"])})
        return msgspec.structs.replace(order, contact=self._contacts.unseal(order.id, document["sealed"]))

    def document(self, order: Order, kept: Document, sealed: bytes | None) -> Document:
        """`kept` are the fields that stay what they were when the order was placed."""
        # The derivation is kept to the byte, so it is no document.
        fields = msgspec.structs.asdict(order) | {"explanation": bytes(order.explanation), "contact": NOBODY}
        return _codec.encode(
            fields,
            **kept,
            placed=to_micros(order.placed_at),
            expires=to_micros(order.expires_at),
            email=self.email_index(order.contact.email),
            sealed=sealed,
        )

    def seal(self, order: Order) -> bytes | None:
        return self._contacts.seal(order.id, order.contact)

    def email_index(self, email: str | None) -> str | None:
        return None if email is None else self._sealer.blind_index(email, "orders/email")

    def looked_for(self, email: str) -> Document:
        return {"$in": list(self._sealer.blind_indexes(email, "orders/email"))}


class MongoOrders:
    """Orders by id, by number and by the cart they came from."""

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._orders = database.collection(ORDERS)
        self._names = database.collection(ORDER_NAMES)
        self._documents = _Documents(sealer)
        self._buyers = Places()
        self._young = Young()

    async def add(self, order: Order, token_hash: str) -> None:
        """See the port."""
        buyer = order.customer_id or order.cart_id
        kept = {"token_hash": token_hash, "buyer": buyer}
        document = self._documents.document(order, kept, self._documents.seal(order))
        names = {
            _number(order.number): NumberTaken,
            _cart(order.cart_id): CartOrdered,
            _order(order.id): CartOrdered,
        }

        async def step(session: Session) -> None:
            if self._database.was_tried():
                await self._refuse_taken(names, session)
            await self._names.insert_many(
                [{"_id": name, "order_id": order.id, "buyer": buyer} for name in names], session=session
            )
            await self._orders.insert_one(document, session=session)
            self._database.after_commit(partial(self._young.keep, document))

        await self._database.write(step)
        self._buyers.keep(order.id, buyer)

    async def _refuse_taken(self, names: Mapping[str, type[ShopError]], session: Session) -> None:
        cursor = self._names.find({"_id": {"$in": list(names)}}, {"_id": 1}, session=session)
        taken = {each["_id"] for each in await cursor.to_list()}
        for name, refusal in names.items():
            if name in taken:
                raise refusal

    async def update(self, order_id: OrderId, change: Callable[[Order], Order]) -> Order:
        """See the port."""
        new: Order

        def changed(document: Document | None) -> Document | None:
            nonlocal new
            if document is None:
                raise OrderNotFound
            old = self._documents.order(document)
            new = change(old)
            if new == old:
                return None
            new = msgspec.structs.replace(
                new,
                id=old.id,
                cart_id=old.cart_id,
                number=old.number,
                placed_at=old.placed_at,
                version=old.version + 1,
            )
            kept = {name: document[name] for name in ("token_hash", "buyer")}
            sealed = document["sealed"] if new.contact == old.contact else self._documents.seal(new)
            return self._documents.document(new, kept, sealed)

        find = partial(self._document, order_id)
        await replace(self._database, ORDERS, order_id, changed, find=find, young=self._young)
        return new

    async def get(self, order_id: OrderId) -> Order:
        """See the port."""
        return self._found(await self._database.read(partial(self._document, order_id)))

    async def get_by_number(self, number: str) -> Order:
        """See the port."""
        return self._found(await self._database.read(partial(self._by_name, _number(number))))

    async def find_by_cart(self, cart_id: CartId) -> Order | None:
        """See the port."""
        found = await self._database.read(partial(self._by_name, _cart(cart_id)))
        return None if found is None else self._documents.order(found)

    async def owned_by_token(self, order_id: OrderId, token_hash: str) -> bool:
        """See the port."""
        found = await self._database.read(partial(self._document, order_id))
        return found is not None and found["token_hash"] == token_hash

    async def _document(self, order_id: OrderId, session: Session) -> Document | None:
        buyer = self._buyers.of(order_id)
        found = buyer and await self._orders.find_one({"_id": order_id, "buyer": buyer}, session=session)
        # What is remembered of a unit that was undone may be wrong; the name is not.
        return found or await self._by_name(_order(order_id), session)

    async def _by_name(self, name: str, session: Session) -> Document | None:
        place = await self._names.find_one({"_id": name}, session=session)
        if place is None:
            return None
        self._buyers.keep(place["order_id"], place["buyer"])
        return await self._orders.find_one({"_id": place["order_id"], "buyer": place["buyer"]}, session=session)

    def _found(self, document: Document | None) -> Order:
        if document is None:
            raise OrderNotFound
        return self._documents.order(document)


def _number(number: str) -> str:
    return f"number/{number.replace('-', '').upper()}"


def _cart(cart_id: CartId) -> str:
    return f"cart/{cart_id}"


def _order(order_id: OrderId) -> str:
    return f"order/{order_id}"


class MongoOrderList:
    """Orders as staff, sweepers and their customers look for them. Whoever looks through all of them may see the past;
    whoever looks for those of somebody may act on what is there, and must miss none.
    """

    def __init__(self, database: MongoDatabase, sealer: Sealer) -> None:
        self._database = database
        self._orders = database.collection(ORDERS)
        self._documents = _Documents(sealer)

    async def page(self, wanted: OrderFilter, after: Position | None, limit: int) -> Slice[Order]:
        """See the port."""
        asked: Document = following(_NEWEST_FIRST, after)
        index = BY_AGE
        if wanted.status is not None:
            asked["status"], index = OrderStatus(wanted.status).value, BY_STATUS
        if wanted.refund_failed:
            asked["refunds.status"], index = RefundStatus.FAILED.value, BY_FAILED_REFUND
        if wanted.email is not None:
            asked["email"], index = self._documents.looked_for(wanted.email), BY_EMAIL
        if wanted.customer_id is not None:
            asked["customer_id"], index = wanted.customer_id, BY_CUSTOMER
        elif wanted.is_unclaimed:
            asked["customer_id"] = None

        async def find(orders: AsyncCollection[Document], session: Session) -> list[Document]:
            # Left to itself the server may walk over the age of all orders for the few of one customer.
            cursor = orders.find(asked, session=session).hint(index.name).limit(limit + 1)
            return await cursor.sort([("placed", -1), ("_id", -1)]).to_list()

        if wanted.customer_id is None and wanted.email is None:
            found = await self._database.read_past(ORDERS, find)
        else:  # who has just ordered looks for the order, and an account takes over what its address ordered
            found = await self._database.read(partial(find, self._orders))
        return sliced(found, _NEWEST_FIRST, limit, self._documents.order)

    async def unpaid_since(self, now: datetime, limit: int) -> Sequence[tuple[OrderId, datetime]]:
        """See the port."""
        due = {"status": OrderStatus.PENDING.value, "expires": {"$lte": to_micros(now)}}

        async def step(session: Session) -> list[Document]:
            cursor = self._orders.find(due, {"expires": 1}, session=session).sort([("expires", 1), ("_id", 1)])
            return await cursor.limit(limit).to_list()

        return [(OrderId(each["_id"]), from_micros(int(each["expires"]))) for each in await self._database.read(step)]
