"""Every store that ships, opened the same way: what the contracts are run on."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.sqlite.audit_log import SqliteAuditLog
from shopcore.adapters.sqlite.carts import SqliteCarts
from shopcore.adapters.sqlite.categories import SqliteCategories
from shopcore.adapters.sqlite.claims import SqliteClaims
from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.inbox import SqliteInbox
from shopcore.adapters.sqlite.jobs import SqliteJobs, SqliteQueue
from shopcore.adapters.sqlite.ledger import SqliteLedger
from shopcore.adapters.sqlite.levels import SqliteLevels
from shopcore.adapters.sqlite.listing import SqliteProductListing
from shopcore.adapters.sqlite.orders import SqliteOrderList, SqliteOrders
from shopcore.adapters.sqlite.payments import SqlitePayments
from shopcore.adapters.sqlite.pricing_rules import SqliteCoupons, SqliteShippingMethods, SqliteTaxRates
from shopcore.adapters.sqlite.products import SqliteProducts
from shopcore.adapters.sqlite.reservations import SqliteReservations
from shopcore.adapters.sqlite.revision import SqliteCatalogRevision
from shopcore.audit.ports import AuditLog
from shopcore.cart.ports import Carts
from shopcore.catalog.ports import CatalogRevision, Categories, ProductListing, Products
from shopcore.idempotency.ports import Claims
from shopcore.inventory.ports import Levels, Reservations
from shopcore.jobs.ports import Queue, Wakeups
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.ports import OrderList, Orders
from shopcore.payments.ports import Inbox, Ledger, Payments
from shopcore.pricing.ports import Coupons, ShippingMethods, TaxRates
from shopcore.testing.clock import ManualClock


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """One open store, as the core sees it; `clock` is the one it reads, and `wakeups` are woken by its new jobs."""

    clock: Clock
    wakeups: Wakeups
    unit_of_work: UnitOfWork
    products: Products
    listing: ProductListing
    categories: Categories
    revision: CatalogRevision
    levels: Levels
    reservations: Reservations
    shipping_methods: ShippingMethods
    tax_rates: TaxRates
    coupons: Coupons
    carts: Carts
    orders: Orders
    order_list: OrderList
    payments: Payments
    ledger: Ledger
    inbox: Inbox
    jobs: Jobs
    queue: Queue
    audit_log: AuditLog
    claims: Claims


def sqlite_store(database: Database) -> Store:
    """The ports over one SQLite database."""
    clock, wakeups, sealer = ManualClock(), LocalWakeups(), AesGcmSealer(new_key_ring())
    return Store(
        clock=clock,
        wakeups=wakeups,
        unit_of_work=SqliteUnitOfWork(database),
        products=SqliteProducts(database),
        listing=SqliteProductListing(database),
        categories=SqliteCategories(database),
        revision=SqliteCatalogRevision(database),
        levels=SqliteLevels(database),
        reservations=SqliteReservations(database),
        shipping_methods=SqliteShippingMethods(database),
        tax_rates=SqliteTaxRates(database),
        coupons=SqliteCoupons(database, sealer),
        carts=SqliteCarts(database, sealer),
        orders=SqliteOrders(database, sealer),
        order_list=SqliteOrderList(database, sealer),
        payments=SqlitePayments(database, sealer),
        ledger=SqliteLedger(database),
        inbox=SqliteInbox(database),
        jobs=SqliteJobs(database, LocalIds(), clock, wakeups),
        queue=SqliteQueue(database, clock),
        audit_log=SqliteAuditLog(database),
        claims=SqliteClaims(database, sealer),
    )


@asynccontextmanager
async def _in_memory(_folder: Path) -> AsyncIterator[Store]:
    async with _opened(MEMORY) as store:
        yield store


@asynccontextmanager
async def _in_file(folder: Path) -> AsyncIterator[Store]:
    async with _opened(folder / "shop.db") as store:
        yield store


@asynccontextmanager
async def _opened(path: Path | str) -> AsyncIterator[Store]:
    database = await Database.open(path)
    try:
        yield sqlite_store(database)
    finally:
        await database.close()


STORES: dict[str, Callable[[Path], AbstractAsyncContextManager[Store]]] = {
    "sqlite memory": _in_memory,
    "sqlite file": _in_file,
}
