"""Every store that ships, opened the same way: what the contracts are run on."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.sqlite.categories import SqliteCategories
from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.levels import SqliteLevels
from shopcore.adapters.sqlite.listing import SqliteProductListing
from shopcore.adapters.sqlite.pricing_rules import SqliteCoupons, SqliteShippingMethods, SqliteTaxRates
from shopcore.adapters.sqlite.products import SqliteProducts
from shopcore.adapters.sqlite.reservations import SqliteReservations
from shopcore.adapters.sqlite.revision import SqliteCatalogRevision
from shopcore.catalog.ports import CatalogRevision, Categories, ProductListing, Products
from shopcore.inventory.ports import Levels, Reservations
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.pricing.ports import Coupons, ShippingMethods, TaxRates


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """One open store, as the core sees it."""

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


def sqlite_store(database: Database) -> Store:
    """The ports over one SQLite database."""
    return Store(
        unit_of_work=SqliteUnitOfWork(database),
        products=SqliteProducts(database),
        listing=SqliteProductListing(database),
        categories=SqliteCategories(database),
        revision=SqliteCatalogRevision(database),
        levels=SqliteLevels(database),
        reservations=SqliteReservations(database),
        shipping_methods=SqliteShippingMethods(database),
        tax_rates=SqliteTaxRates(database),
        coupons=SqliteCoupons(database, AesGcmSealer(new_key_ring())),
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
