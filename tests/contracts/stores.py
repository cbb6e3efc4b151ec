"""Every store that ships, opened the same way: what the contracts are run on."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields
from dataclasses import field as dataclass_field
from functools import partial, reduce
from operator import getitem
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pymongo import AsyncMongoClient
from tests.emptying import CLEANING, looked_at
from tests.plans import assert_sound, watched

from shopcore.access.ports import ApiKeys, Members, Roles
from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.schema.catalog import PRODUCTS
from shopcore.adapters.mongo.schema.migration import COLLECTIONS
from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database
from shopcore.audit.ports import AuditLog
from shopcore.cart.ports import Carts
from shopcore.catalog.ports import CatalogRevision, Categories, CategoryTree, ProductListing, Products
from shopcore.container.mongo_store import mongo_ports
from shopcore.container.sqlite_store import sqlite_ports
from shopcore.idempotency.ports import Claims
from shopcore.identity.ports import Accounts, Sessions, SpentTokens
from shopcore.inventory.ports import Levels, Reservations
from shopcore.jobs.ports import Queue, Ticks, Wakeups
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import ProductId
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.sealing import Sealer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.ports import SentMessages, StockWatches, TroubledAddresses
from shopcore.oauth.ports import Clients, Consents, Grants
from shopcore.operations.ports import Holdings
from shopcore.ordering.ports import OrderList, Orders
from shopcore.payments.ports import (
    HandPayments,
    Inbox,
    Ledger,
    PaymentList,
    Payments,
    Reconciliations,
    Switches,
    Wallets,
)
from shopcore.pricing.ports import Coupons, PriceRules, ShippingMethods, TaxRates
from shopcore.privacy.ports import Vault
from shopcore.reporting.ports import Journeys
from shopcore.shopping.ports import Showcase
from shopcore.testing.clock import ManualClock
from shopcore.testing.contracts.edited_products import Edit
from shopcore.webhooks.ports import Announcements, Deliveries, Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """One open store, as the core sees it; `clock` is the one it reads, and `wakeups` are woken by its new jobs."""

    clock: Clock
    wakeups: Wakeups
    under: Callable[[Sealer], "Store"]
    """The same store, as a process with other keys has it."""
    edit: Edit
    """Changes a product behind the shop's back."""
    unit_of_work: UnitOfWork
    products: Products
    listing: ProductListing
    categories: Categories
    tree: CategoryTree
    revision: CatalogRevision
    page_revision: CatalogRevision
    levels: Levels
    showcase: Showcase
    reservations: Reservations
    shipping_methods: ShippingMethods
    tax_rates: TaxRates
    price_rules: PriceRules
    coupons: Coupons
    carts: Carts
    orders: Orders
    order_list: OrderList
    payment_list: PaymentList
    switches: Switches
    held_switches: Switches
    payments: Payments
    hand_payments: HandPayments
    ledger: Ledger
    reconciliations: Reconciliations
    inbox: Inbox
    jobs: Jobs
    queue: Queue
    ticks: Ticks
    journeys: Journeys
    endpoints: Endpoints
    announcements: Announcements
    deliveries: Deliveries
    audit_log: AuditLog
    claims: Claims
    accounts: Accounts
    sessions: Sessions
    spent_tokens: SpentTokens
    sent_messages: SentMessages
    troubled_addresses: TroubledAddresses
    stock_watches: StockWatches
    clients: Clients
    consents: Consents
    wallets: Wallets
    grants: Grants
    holdings: Holdings
    vault: Vault
    roles: Roles
    members: Members
    api_keys: ApiKeys


@dataclass(frozen=True)
class Where:
    """Where stores may be kept: a folder, and the URL of a database of MongoDB (which starts one when it is asked)."""

    folder: Path
    mongo: Callable[[], str]


@dataclass(frozen=True)
class Kind:
    """How a store is opened, and the ports that it has; None says all."""

    opened: Callable[[Where], AbstractAsyncContextManager[Store]]
    ports: frozenset[str] | None = None


@dataclass(frozen=True)
class Parts:
    """What repositories are built of besides their database."""

    clock: Clock = dataclass_field(default_factory=ManualClock)
    wakeups: LocalWakeups = dataclass_field(default_factory=LocalWakeups)
    ids: LocalIds = dataclass_field(default_factory=LocalIds)
    sealer: Sealer = dataclass_field(default_factory=lambda: AesGcmSealer(new_key_ring()))


def sqlite_store(database: Database, sealer: Sealer | None = None) -> Store:
    """The ports over one SQLite database."""
    parts = Parts(sealer=sealer) if sealer else Parts()
    own = {"clock": parts.clock, "wakeups": parts.wakeups, "under": partial(sqlite_store, database)}
    own["edit"] = partial(_edit_row, database)
    return Store(**{**sqlite_ports(database, parts), **own})


class Absent:
    """A port that a store does not have yet. No contract that needs it is run there."""

    def __init__(self, port: str) -> None:
        self._port = port

    def __getattr__(self, name: str) -> object:
        pytest.fail(f"this store has no {self._port} yet")


def mongo_store(database: MongoDatabase, sealer: Sealer | None = None) -> Store:
    """The ports over one MongoDB database."""
    parts = Parts(sealer=sealer) if sealer else Parts()
    own = {"clock": parts.clock, "wakeups": parts.wakeups, "under": partial(mongo_store, database)}
    own["edit"] = partial(_edit_document, database)
    absent: dict[str, Any] = {field.name: Absent(field.name) for field in fields(Store)}
    return Store(**{**absent, **mongo_ports(database, parts), **own})


async def _edit_row(database: Database, product_id: ProductId, values: Mapping[str, Any]) -> None:
    def work(connection: sqlite3.Connection) -> None:
        (body,) = connection.execute("SELECT body FROM products WHERE id = ?", (product_id,)).fetchone()
        product = msgspec.json.decode(body)
        for path, value in values.items():
            *way, last = (int(part) if part.isdecimal() else part for part in path.split("."))
            reduce(getitem, way, product)[last] = value
        connection.execute("UPDATE products SET body = ? WHERE id = ?", (msgspec.json.encode(product), product_id))

    await database.write(work)


async def _edit_document(database: MongoDatabase, product_id: ProductId, values: Mapping[str, Any]) -> None:
    products = database.collection(PRODUCTS)
    await products.update_one({"_id": product_id}, {"$set": values}, bypass_document_validation=True)


def _in_memory(_where: Where) -> AbstractAsyncContextManager[Store]:
    return _opened(MEMORY)


def _in_file(where: Where) -> AbstractAsyncContextManager[Store]:
    return _opened(where.folder / "shop.db")


@asynccontextmanager
async def _in_mongo(where: Where) -> AsyncIterator[Store]:
    async with mongo_database(where.mongo()) as database, watched(where.mongo()) as statements:
        yield mongo_store(database)
    if statements:
        assert_sound(statements)


@asynccontextmanager
async def _opened(path: Path | str) -> AsyncIterator[Store]:
    database = await Database.open(path)
    try:
        yield sqlite_store(database)
    finally:
        await database.close()


@asynccontextmanager
async def mongo_database(url: str, wait_seconds: float = 30.0) -> AsyncIterator[MongoDatabase]:
    """An open database, emptied at the end: documents go, collections and indexes stay, which is ten times faster."""
    database = await MongoDatabase.open(url, chance=LocalChance().fraction, wait_seconds=wait_seconds)
    try:
        yield database
    finally:
        await emptied(database)
        await database.close()


async def emptied(database: MongoDatabase) -> None:
    """Leave nothing but what a new store has."""
    first, question = looked_at()
    (looked,) = [declared for declared in COLLECTIONS if declared.name == first]
    async with await database.collection(looked).aggregate(question, comment=CLEANING) as found:
        filled = {each["_id"] async for each in found}
    for declared in COLLECTIONS:
        if declared.name != "schema":
            if declared.name in filled:
                await database.collection(declared).delete_many({}, comment=CLEANING)
            if declared.seeds:
                await database.collection(declared).insert_many(declared.seeds)


def ports_of_mongo() -> frozenset[str]:
    """The ports that MongoDB has so far. A contract is run on it as soon as all that the contract needs are there."""
    nowhere = MongoDatabase(AsyncMongoClient(connect=False), "nowhere", 1.0, lambda: 0.0)
    return frozenset(mongo_ports(nowhere, Parts()))


STORES: dict[str, Kind] = {
    "sqlite memory": Kind(_in_memory),
    "sqlite file": Kind(_in_file),
    "mongo": Kind(_in_mongo, ports_of_mongo()),
}


def stores_for(wanted: Collection[str]) -> list[str]:
    """The stores that have all of these ports; names that are no port ask for nothing."""
    ports = {field.name for field in fields(Store)} - {"clock", "wakeups", "under", "edit"}
    return [name for name, kind in STORES.items() if kind.ports is None or ports & set(wanted) <= kind.ports]
