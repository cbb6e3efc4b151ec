"""How often the store is asked: what has many parts costs a few round trips, not some for each part."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from tests.contracts.stores import mongo_database, mongo_store
from tests.unit.operations.exports import Cells, export, file_of, shirt
from tests.unit.operations.shop import MERCHANT

from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.mongo.answers import Answers
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.levels import MongoLevels
from shopcore.adapters.mongo.reservations import MongoReservations
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.inventory.errors import OutOfStock
from shopcore.inventory.model import LevelChange, StockLine, StockPolicy, hold
from shopcore.jobs.use_cases.publish_events import PublishEvents
from shopcore.kernel.ids import OrderId, PaymentId, Sku
from shopcore.operations.steps.take_product import TakeProduct
from shopcore.operations.steps.take_products import TakeProducts
from shopcore.operations.use_cases.import_products import ImportProducts
from shopcore.testing.contracts.ledger import paid
from shopcore.testing.contracts.levels import sums
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio

LINES = 100  # of a cart, at most
VARIANTS = 2_000  # of a product, at most
ORDER = OrderId("order")
FEW = 10


class Tally(CommandListener):
    """Every command that is sent."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        self.sent[event.command_name] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
async def database(mongo_url: str, tally: Tally) -> AsyncIterator[MongoDatabase]:
    """The store, and every command to it counted; nobody is hurried."""
    async with mongo_database(mongo_url):
        client = AsyncMongoClient[Document](mongo_url, event_listeners=[tally, Answers()])
        opened = MongoDatabase(client, client.get_default_database().name, 60.0, lambda: 0.5)
        yield opened
        await opened.close()


def skus(count: int) -> list[Sku]:
    return [Sku(f"S{number:04}") for number in range(count)]


async def filled(levels: MongoLevels, count: int, on_hand: int) -> None:
    changes = [
        LevelChange(sku=sku, movement_id=f"import/{sku}", rules=(True, StockPolicy.DENY), on_hand=on_hand)
        for sku in skus(count)
    ]
    assert not await levels.take_in(changes, reason="file", at=NOON)


async def test_the_stock_of_the_largest_product_is_a_few_statements(database: MongoDatabase, tally: Tally) -> None:
    """Whether it is new, or other figures of what is there."""
    levels = MongoLevels(database)
    await filled(levels, VARIANTS, 5)
    first = tally.sent.total()
    tally.sent.clear()
    again = [LevelChange(sku=sku, movement_id=f"next/{sku}", on_hand=7) for sku in skus(VARIANTS)]
    await levels.take_in(again, reason="file", at=NOON)

    assert max(first, tally.sent.total()) <= 2 * FEW  # a cursor brings a hundred and then as many as 16 MB hold
    assert (await levels.find([Sku("S1999")]))[Sku("S1999")].on_hand == 7
    assert await sums(levels, Sku("S0000")) == (7, 0)


async def test_entries_of_many_orders_are_posted_and_read_in_one_go(database: MongoDatabase, tally: Tally) -> None:
    """As a comparison posts fees, and looks beyond its span: a look, the entries and the commit, however many."""
    store = mongo_store(database)
    names = [f"{number:03}" for number in range(LINES)]
    await store.ledger.post(*(paid(name) for name in names))
    tally.sent.clear()
    fees = [msgspec.structs.replace(paid(name), key=f"fee/{name}") for name in names]
    await store.unit_of_work(lambda: store.ledger.post(*fees))
    posting = dict(tally.sent)
    tally.sent.clear()
    entries = await store.ledger.entries_of(*(OrderId(name) for name in names))
    known = await store.payments.known([PaymentId(name) for name in names])

    assert posting == {"find": 1, "insert": 1, "commitTransaction": 1}
    assert (len(entries), len(known)) == (2 * LINES, 0)
    assert dict(tally.sent) == {"find": 2, "getMore": 1}


def importer(database: MongoDatabase) -> ImportProducts:
    """As the container makes it."""
    store = mongo_store(database)
    audit = RecordEntry(audit_log=store.audit_log, clock=store.clock)
    take = TakeProduct(
        products=store.products,
        categories=store.categories,
        levels=store.levels,
        events=PublishEvents(jobs=store.jobs, bindings={}),
        audit=audit,
    )
    ids = LocalIds()
    takes = TakeProducts(take_product=take, unit_of_work=store.unit_of_work, clock=store.clock, ids=ids)
    return ImportProducts(take_products=takes, audit=audit, ids=ids, currency="USD")


def rows(handle: str, count: int) -> list[Cells]:
    stock = {"Variant_Inventory_Tracker": "shopify", "Variant_Inventory_Qty": "7"}
    return [shirt(f"{number}", Handle=handle, Variant_SKU=f"{handle}-{number}", **stock) for number in range(count)]


async def test_a_file_of_products_with_many_variants_goes_in(database: MongoDatabase, tally: Tally) -> None:
    """The number of statements does not grow with that of the variants, and several at once are all taken."""
    take_in = importer(database)
    await take_in(MERCHANT, file=file_of(export(*rows("one", 600))))
    sent = tally.sent.total()
    several = [row for number in range(8) for row in rows(f"shirt-{number}", 100)]
    report = await take_in(MERCHANT, file=file_of(export(*several)))
    levels = MongoLevels(database)

    assert sent <= 4 * FEW, tally.sent
    assert (report.created, report.refused) == (8, ())
    assert (await levels.find([Sku("shirt-7-99")]))[Sku("shirt-7-99")].on_hand == 7
    assert await sums(levels, Sku("one-599")) == (7, 0)


async def test_the_largest_cart_is_a_few_statements_at_each_step(database: MongoDatabase, tally: Tally) -> None:
    """Reserved, sold, and given back; also where it is refused, and where another process was cut off in the middle."""
    levels, reservations = MongoLevels(database), MongoReservations(database)
    await filled(levels, LINES, 5)
    wanted = hold(ORDER, [StockLine(sku=sku, quantity=2) for sku in skus(LINES)], NOON)
    counts = []

    async def counted(act: object) -> None:
        tally.sent.clear()
        await act  # type: ignore[misc]
        counts.append(tally.sent.total())

    await counted(reservations.reserve(wanted, NOON))
    await reservations.claim(ORDER, NOON)
    await counted(reservations.commit(ORDER, NOON + timedelta(seconds=1)))
    await counted(reservations.release(ORDER, NOON + timedelta(seconds=2)))
    await levels.adjust(Sku("S0099"), -4, reason="broken", movement_id="broken", at=NOON)
    tally.sent.clear()
    with pytest.raises(OutOfStock) as refused:
        await reservations.reserve(hold(OrderId("next"), wanted.lines, NOON), NOON)
    counts.append(tally.sent.total())

    assert max(counts) <= FEW, counts
    assert refused.value.skus == ("S0099",)
    found = await levels.find(skus(LINES))
    assert {(item.on_hand, item.reserved) for item in list(found.values())[:-1]} == {(5, 0)}
    assert await sums(levels, Sku("S0000")) == (5, 0)
