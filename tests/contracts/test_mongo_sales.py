"""What MongoDB shows of sales to who reads its documents, and what its validators refuse whatever the code does."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import msgspec
import pytest
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from pymongo.errors import WriteError
from tests.contracts.stores import mongo_database

from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.schema.sales import JOURNAL, ORDERS, PAYMENTS
from shopcore.container.mongo_store import mongo_ports
from shopcore.kernel.ids import OrderId
from shopcore.kernel.sealing import Sealer, Unsealable
from shopcore.ordering.model import pay
from shopcore.payments.model import NextAction, PaymentState
from shopcore.testing.clock import ManualClock
from shopcore.testing.contracts.claims import a_claim
from shopcore.testing.contracts.coupons import TENTH
from shopcore.testing.contracts.ledger import paid
from shopcore.testing.contracts.sales_samples import CONTACT, a_cart, a_payment, a_token_hash, an_order
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio

ADDRESS = CONTACT.shipping_address
assert ADDRESS is not None
PERSONAL = (CONTACT.email, ADDRESS.name, ADDRESS.line1, ADDRESS.city, ADDRESS.postal_code, ADDRESS.phone)
SECRET = ("secret_4711", "https://bank.example/3ds", "https://shop.example/thanks?token=9d2c")


class PlainSealer(AesGcmSealer):
    """A mistake: it does not encrypt."""

    def seal(self, plain: bytes, context: str) -> bytes:
        """What is sealed is what was given."""
        return plain

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Likewise."""
        return sealed


class Surroundings:
    """What repositories are made of besides their database."""

    def __init__(self, sealer: Sealer) -> None:
        self.sealer, self.ids, self.clock, self.wakeups = sealer, LocalIds(), ManualClock(), LocalWakeups()


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(mongo_url) as opened:
        yield opened


async def one_sale(database: MongoDatabase, sealer: Sealer) -> None:
    """Everything that is written on the way, the replaced versions included."""
    ports = mongo_ports(database, Surroundings(sealer))
    payment = msgspec.structs.replace(
        a_payment("payment", state=PaymentState.REQUIRES_ACTION),
        client_secret=SECRET[0],
        next_action=NextAction(type="redirect", url=SECRET[1]),
        return_url=SECRET[2],
    )
    await ports["carts"].add(a_cart("cart"), a_token_hash("cart"))
    await ports["orders"].add(an_order("order"), a_token_hash("order"))
    await ports["orders"].update(OrderId("order"), partial(pay, at=NOON, by="system:payment"))
    await ports["payments"].add(payment)
    await ports["coupons"].put(TENTH)
    await ports["coupons"].redeem(TENTH, OrderId("order"), CONTACT.email or "", NOON)
    await ports["claims"].claim(a_claim("mine"), msgspec.structs.replace)
    await ports["claims"].finish("key", "mine", msgspec.json.encode(CONTACT))


async def stored(url: str) -> bytes:
    """Every byte of every document, and of every change that is on its way to a secondary."""
    async with AsyncMongoClient[Any](url, document_class=RawBSONDocument) as client:
        database = client.get_default_database()
        found = [
            each.raw
            for name in await database.list_collection_names()
            for each in await database[name].find().to_list()
        ]
        changes = client["local"]["oplog.rs"].find(
            {"$or": [{"ns": {"$regex": f"^{database.name}"}}, {"ns": "admin.$cmd"}]}
        )
        return b"".join([*found, *(each.raw for each in await changes.to_list())])


async def leaks(url: str, database: MongoDatabase, sealer: Sealer) -> set[str]:
    await one_sale(database, sealer)
    content = await stored(url)
    assert b"SHIRT" in content
    return {value for value in (*PERSONAL, *SECRET) if value is not None and value.encode() in content}


async def test_nothing_personal_can_be_read_in_what_is_stored(mongo_url: str, database: MongoDatabase) -> None:
    """No e-mail address, name, street, town, phone; no secret of a payment; then a sealer that forgets to encrypt is
    found out by each of them.
    """
    assert await leaks(mongo_url, database, AesGcmSealer(new_key_ring())) == set()
    async with mongo_database(mongo_url):
        pass
    assert await leaks(mongo_url, database, PlainSealer(new_key_ring())) > set(SECRET)


async def test_a_contact_belongs_to_its_order(database: MongoDatabase) -> None:
    """Moved to another one, it cannot be read there."""
    orders = mongo_ports(database, Surroundings(AesGcmSealer(new_key_ring())))["orders"]
    for name in ("mine", "yours"):
        await orders.add(an_order(name), a_token_hash(name))
    collection = database.collection(ORDERS)
    mine = await collection.find_one({"_id": "mine"})
    assert mine is not None
    await collection.update_one({"_id": "yours"}, {"$set": {"sealed": mine["sealed"]}})

    assert (await orders.get(OrderId("mine"))).contact == CONTACT
    with pytest.raises(Unsealable):
        await orders.get(OrderId("yours"))


@pytest.mark.parametrize(
    ("declared", "change"),
    [
        (ORDERS, {"status": "lost"}),
        (ORDERS, {"totals.total.amount": 20.0}),
        (ORDERS, {"lines.0.unit_price.amount": 5}),
        (ORDERS, {"version": Int64(0)}),
        (PAYMENTS, {"state": "lost"}),
        (PAYMENTS, {"amount.currency": "dollars"}),
        (JOURNAL, {"postings.0.account": "pocket"}),
        (JOURNAL, {"postings.0.amount.amount": "5"}),
    ],
    ids=str,
)
async def test_the_store_refuses_by_itself(database: MongoDatabase, declared: Any, change: dict[str, Any]) -> None:
    """Money that is no 64-bit integer, a state that there is not: refused, whoever writes it."""
    ports = mongo_ports(database, Surroundings(AesGcmSealer(new_key_ring())))
    await ports["orders"].add(an_order("order"), a_token_hash("order"))
    await ports["payments"].add(a_payment("payment"))
    await ports["ledger"].post(paid("order"))

    with pytest.raises(WriteError, match="validation"):
        await database.collection(declared).update_one({}, {"$set": change})
