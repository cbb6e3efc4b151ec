"""What a checkout costs on MongoDB, and that nothing is lost by making it cheap."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.stores import mongo_database
from tests.load.bench_mongo import Recorder, buyer, listening
from tests.stories import opened

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.orders import MongoOrders
from shopcore.adapters.mongo.schema.sales import ORDER_NAMES, ORDERS
from shopcore.kernel.ids import OrderId
from shopcore.ordering.model import Order, note
from shopcore.testing.contracts.sales_samples import a_token_hash, an_order
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio

SEALER = AesGcmSealer(new_key_ring())
MINE = OrderId("mine")
NOTE = partial(note, at=NOON, by="staff:somebody")


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(mongo_url) as open_one:
        yield open_one


@pytest.fixture
async def neighbour(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    """Another process: what it remembers is its own."""
    async with mongo_database(mongo_url) as open_one:
        yield open_one


async def test_a_checkout_sends_no_statement_that_it_does_not_need(tmp_path: Path, mongo_url: str) -> None:
    """Two transactions. What was just written is not read again, and what is new is not looked for before; which
    gateways are off, whether any other system is told of orders, and the rules that price a cart are asked for once a
    second at most.
    """
    with listening(Recorder()) as recorder:
        async with opened(tmp_path, store_url=mongo_url, write_timeout_seconds=10.0) as story:
            await story.sell()
            guest = await story.cart()
            buyer.set(1)
            await story.reply(guest)
            buyer.set(None)

    assert recorder.sent == {"find": 4, "insert": 6, "update": 9, "commitTransaction": 2}


@pytest.mark.parametrize("is_in_unit", [False, True])
async def test_what_another_process_changed_meanwhile_is_what_is_changed(
    database: MongoDatabase, neighbour: MongoDatabase, *, is_in_unit: bool
) -> None:
    """Though this process remembers what it placed a moment ago."""
    orders, theirs = MongoOrders(database, SEALER), MongoOrders(neighbour, SEALER)
    await orders.add(an_order("mine"), a_token_hash("mine"))
    await theirs.update(MINE, partial(NOTE, event="theirs"))

    async def work() -> Order:
        return await orders.update(MINE, partial(NOTE, event="ours"))

    changed = await (MongoUnitOfWork(database)(work) if is_in_unit else work())

    assert [entry.event for entry in changed.timeline][-2:] == ["theirs", "ours"]
    assert changed == await theirs.get(MINE)
    assert changed.version == 3


async def assert_an_undone_order_is_forgotten(orders: MongoOrders, unit: MongoUnitOfWork, theirs: MongoOrders) -> None:
    """Another process places one under the same id, and this one changes it."""

    async def undone() -> None:
        await orders.add(an_order("mine"), a_token_hash("mine"))
        raise Undone

    with pytest.raises(Undone):
        await unit(undone)
    there = an_order("mine", minutes=5)
    await theirs.add(there, a_token_hash("mine"))

    changed = await orders.update(MINE, partial(NOTE, event="ours"))
    assert changed.placed_at == there.placed_at


class Undone(Exception):
    """What a caller's own code raises."""


class HastyMemory(MongoOrders):
    """A mistake: remembers what it adds before that is durable."""

    async def add(self, order: Order, token_hash: str) -> None:
        await super().add(order, token_hash)
        kept = {"token_hash": token_hash, "buyer": order.customer_id or order.cart_id}
        self._young.keep(self._documents.document(order, kept, self._documents.seal(order)))


async def test_what_was_undone_is_not_remembered(database: MongoDatabase, neighbour: MongoDatabase) -> None:
    """Its version would be that of what came in its place. Remembered at once, it does no harm: its seal is guarded."""
    unit, theirs = MongoUnitOfWork(database), MongoOrders(neighbour, SEALER)

    await assert_an_undone_order_is_forgotten(MongoOrders(database, SEALER), unit, theirs)
    await database.collection(ORDERS).delete_many({})
    await database.collection(ORDER_NAMES).delete_many({})
    await assert_an_undone_order_is_forgotten(HastyMemory(database, SEALER), unit, theirs)
