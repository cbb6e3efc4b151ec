"""Listings are read from secondaries, and never from one that does not know yet what the reader knows."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pymongo
import pytest
from tests.contracts.stores import Store, mongo_store
from tests.mongod import free_port, settled, started

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.schema.catalog import LISTED
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.units import Session
from shopcore.catalog.model import Product, ProductFilter, ProductSort
from shopcore.kernel.stores import StoreUnusable
from shopcore.ordering.ports import OrderFilter
from shopcore.testing.contracts.audit_log import after
from shopcore.testing.contracts.sales_samples import a_token_hash, an_order
from shopcore.testing.contracts.samples import a_product

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lost_sockets")]

USD = ProductFilter(currency="USD")


@contextlib.contextmanager
def direct(port: int) -> Iterator[pymongo.MongoClient[dict[str, Any]]]:
    with pymongo.MongoClient[dict[str, Any]]("127.0.0.1", port, directConnection=True) as client:
        yield client


@pytest.fixture(scope="module")
def ports() -> Iterator[list[int]]:
    """A primary, a secondary that is read, and one that is not, with which the primary has a majority."""
    ports = [free_port() for _ in range(3)]
    members: list[dict[str, Any]] = [{"_id": n, "host": f"127.0.0.1:{port}"} for n, port in enumerate(ports)]
    members[1] |= {"priority": 0}
    members[2] |= {"priority": 0, "hidden": True}
    # Without chains: a third that copies from the second stands still with it, and there is no majority.
    settings = {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 200, "chainingAllowed": False}
    config = {"_id": "shop", "members": members, "settings": settings}
    with contextlib.ExitStack() as stack:
        for port in ports:
            options = ("--replSet", "shop", "--oplogSize", "64", "--setParameter", "enableTestCommands=1")
            stack.enter_context(started(*options, port=port))
        with direct(ports[0]) as client:
            client.admin.command("replSetInitiate", config)
        settled(ports[0], members=3)
        yield ports


@pytest.fixture
async def database(ports: list[int]) -> AsyncIterator[MongoDatabase]:
    url = f"mongodb://127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/shop?replicaSet=shop"
    opened = await MongoDatabase.open(url, chance=lambda: 0.5, wait_seconds=20.0)
    try:
        yield opened
    finally:
        await opened.close()


@contextlib.contextmanager
def standing_still(port: int) -> Iterator[None]:
    """A secondary that hears of nothing new."""
    with direct(port) as client:
        client.admin.command({"configureFailPoint": "rsSyncApplyStop", "mode": "alwaysOn"})
        try:
            yield
        finally:
            client.admin.command({"configureFailPoint": "rsSyncApplyStop", "mode": "off"})


async def titles(store: Store) -> list[str]:
    page = await store.listing.page(USD, ProductSort.NEWEST, None, 10)
    return [product.title for product in page.items]


def retitled(title: str) -> Any:
    def change(product: Product) -> Product:
        return msgspec.structs.replace(product, title=title)

    return change


async def test_a_listing_is_no_older_than_the_revision_that_it_is_kept_under(
    ports: list[int], database: MongoDatabase
) -> None:
    """While the secondary stands still, a reader who does not ask for the revision may see the past; one who does, and
    who keeps the page under it, does not.
    """
    store = mongo_store(database)
    await store.products.add(a_product("shirt"))
    await store.revision.current()
    assert await titles(store) == ["Shirt"]

    with standing_still(ports[1]):
        await store.products.update(a_product("shirt").id, retitled("Blouse"))
        past = await database.read_past(LISTED, _names)
        await store.revision.current()
        now = await titles(store)

    assert (past, now) == (["shirt"], ["Blouse"])


async def _names(listed: Any, session: Session) -> list[str]:
    rows: list[Document] = await listed.find({"currency": ""}, session=session).to_list()
    return [row["name"] for row in rows]


async def test_listings_leave_the_primary_alone(ports: list[int], database: MongoDatabase) -> None:
    """The secondary answers them."""
    store = mongo_store(database)

    def looked_up() -> int:
        with direct(ports[1]) as client:
            count: int = client.admin.command("serverStatus")["metrics"]["commands"]["aggregate"]["total"]
            return count

    before = looked_up()
    for _ in range(5):
        await titles(store)

    assert looked_up() - before >= 5


async def test_whoever_looks_for_the_orders_of_an_address_misses_none(
    ports: list[int], database: MongoDatabase
) -> None:
    """An account takes over what its address has ordered, once; a list of all orders may end a little earlier."""
    store = mongo_store(database)
    await store.orders.add(an_order("old"), a_token_hash("old"))
    await store.order_list.page(OrderFilter(), None, 10)

    with standing_still(ports[1]):
        await store.orders.add(an_order("new", minutes=1), a_token_hash("new"))
        listed = await store.order_list.page(OrderFilter(), None, 10)
        of_address = await store.order_list.page(OrderFilter(email="mia.krause@post.example"), None, 10)

    assert [order.id for order in of_address.items] == ["new", "old"]
    assert "new" not in [order.id for order in listed.items]


async def test_whoever_moves_or_verifies_the_audit_log_misses_no_entry(
    ports: list[int], database: MongoDatabase
) -> None:
    """The list for staff may end a little earlier."""
    store = mongo_store(database)
    await store.audit_log.append(after(await store.audit_log.last(), "was.done"))
    await store.audit_log.latest(None, 10)

    with standing_still(ports[1]):
        await store.audit_log.append(after(await store.audit_log.last(), "is.done"))
        listed = await store.audit_log.latest(None, 10)
        whole = await store.audit_log.page(None, 10)

    assert [entry.action for entry in whole.items] == ["was.done", "is.done"]
    assert [entry.action for entry in listed.items] == ["was.done"]


@pytest.mark.parametrize("member", [0, 1])
async def test_one_server_of_several_is_refused(ports: list[int], member: int) -> None:
    """Whoever is the primary today is not always the primary, and a secondary takes no writes at all."""
    url = f"mongodb://127.0.0.1:{ports[member]}/shop?directConnection=true"

    with pytest.raises(StoreUnusable, match=r"one server of several, and directConnection .* say replicaSet=shop"):
        await MongoDatabase.open(url, chance=lambda: 0.5)
