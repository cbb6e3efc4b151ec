"""The embedded store, port by port.

`partial` is asked for nothing but its keywords: it is what holds their names and types against those of `Store`.
"""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from shopcore.adapters.local.held_switches import HeldSwitches
from shopcore.adapters.sqlite.access import SqliteApiKeys, SqliteMembers, SqliteRoles
from shopcore.adapters.sqlite.accounts import SqliteAccounts
from shopcore.adapters.sqlite.audit_log import SqliteAuditLog
from shopcore.adapters.sqlite.carts import SqliteCarts
from shopcore.adapters.sqlite.categories import SqliteCategories
from shopcore.adapters.sqlite.claims import SqliteClaims
from shopcore.adapters.sqlite.database import Database, SqliteUnitOfWork
from shopcore.adapters.sqlite.gateways import SqliteSwitches
from shopcore.adapters.sqlite.hand_payments import SqliteHandPayments
from shopcore.adapters.sqlite.holdings import SqliteHoldings
from shopcore.adapters.sqlite.inbox import SqliteInbox
from shopcore.adapters.sqlite.jobs import SqliteJobs, SqliteQueue
from shopcore.adapters.sqlite.journeys import SqliteJourneys
from shopcore.adapters.sqlite.ledger import SqliteLedger
from shopcore.adapters.sqlite.levels import SqliteLevels
from shopcore.adapters.sqlite.listing import SqliteProductListing
from shopcore.adapters.sqlite.messages import SqliteSentMessages, SqliteTroubledAddresses
from shopcore.adapters.sqlite.oauth import SqliteClients, SqliteConsents, SqliteGrants
from shopcore.adapters.sqlite.orders import SqliteOrderList, SqliteOrders
from shopcore.adapters.sqlite.paces import SqliteTicks
from shopcore.adapters.sqlite.payment_list import SqlitePaymentList
from shopcore.adapters.sqlite.payments import SqlitePayments
from shopcore.adapters.sqlite.pricing_rules import (
    SqliteCoupons,
    SqlitePriceRules,
    SqliteShippingMethods,
    SqliteTaxRates,
)
from shopcore.adapters.sqlite.products import SqliteProducts
from shopcore.adapters.sqlite.reconciliations import SqliteReconciliations
from shopcore.adapters.sqlite.reservations import SqliteReservations
from shopcore.adapters.sqlite.revision import SqliteCatalogRevision
from shopcore.adapters.sqlite.sessions import SqliteSessions
from shopcore.adapters.sqlite.showcase import SqliteShowcase
from shopcore.adapters.sqlite.spent_tokens import SqliteSpentTokens
from shopcore.adapters.sqlite.stock_watches import SqliteStockWatches
from shopcore.adapters.sqlite.vault import SqliteVault
from shopcore.adapters.sqlite.wallets import SqliteWallets
from shopcore.adapters.sqlite.webhooks import SqliteAnnouncements, SqliteDeliveries, SqliteEndpoints
from shopcore.container.ports import Store, StoreTools, Surroundings
from shopcore.settings import MEMORY, Settings


async def open_sqlite_store(settings: Settings, world: StoreTools) -> AsyncIterator[Store]:
    """The embedded store, for as long as the shop is open. Raises `StoreUnusable`."""
    path = settings.database
    database = await Database.open(path if path == MEMORY else Path(path), wait_seconds=settings.write_timeout_seconds)
    try:
        yield sqlite_store(database, world)
    finally:
        await database.close()


def sqlite_store(database: Database, world: Surroundings) -> Store:
    """All of one open database."""
    return Store(
        **sqlite_ports(database, world),
        ping=partial(database.read, _ping),
        migrate=partial(database.read, _version),  # which opening the file has seen to
    )


def sqlite_ports(database: Database, world: Surroundings) -> dict[str, Any]:
    """Every repository over one open database, by the name that `Store` has for it."""
    return {
        **_goods(database, world),
        **_orders(database, world),
        **_money(database, world),
        **_people(database, world),
        **_work(database, world),
    }


def _goods(database: Database, world: Surroundings) -> dict[str, Any]:
    """What is sold, and for how much."""
    return partial(
        Store,
        products=SqliteProducts(database),
        listing=SqliteProductListing(database),
        categories=SqliteCategories(database),
        tree=SqliteCategories(database),
        revision=SqliteCatalogRevision(database),
        page_revision=SqliteCatalogRevision(database),
        levels=SqliteLevels(database),
        showcase=SqliteShowcase(database),
        reservations=SqliteReservations(database),
        shipping_methods=SqliteShippingMethods(database),
        tax_rates=SqliteTaxRates(database),
        price_rules=SqlitePriceRules(database),
        coupons=SqliteCoupons(database, world.sealer),
    ).keywords


def _orders(database: Database, world: Surroundings) -> dict[str, Any]:
    """What is bought."""
    return partial(
        Store,
        carts=SqliteCarts(database, world.sealer),
        orders=SqliteOrders(database, world.sealer),
        order_list=SqliteOrderList(database, world.sealer),
    ).keywords


def _money(database: Database, world: Surroundings) -> dict[str, Any]:
    """What is paid."""
    return partial(
        Store,
        payments=SqlitePayments(database, world.sealer),
        payment_list=SqlitePaymentList(database),
        switches=SqliteSwitches(database),
        held_switches=HeldSwitches(SqliteSwitches(database), world.clock),
        hand_payments=SqliteHandPayments(database),
        ledger=SqliteLedger(database),
        reconciliations=SqliteReconciliations(database),
        inbox=SqliteInbox(database),
        wallets=SqliteWallets(database),
    ).keywords


def _people(database: Database, world: Surroundings) -> dict[str, Any]:
    """Who buys, who works here, and what they are told."""
    return partial(
        Store,
        accounts=SqliteAccounts(database, world.sealer),
        sessions=SqliteSessions(database, world.sealer),
        spent_tokens=SqliteSpentTokens(database),
        clients=SqliteClients(database),
        consents=SqliteConsents(database),
        grants=SqliteGrants(database),
        roles=SqliteRoles(database),
        members=SqliteMembers(database),
        api_keys=SqliteApiKeys(database),
        stock_watches=SqliteStockWatches(database),
        sent_messages=SqliteSentMessages(database),
        troubled_addresses=SqliteTroubledAddresses(database),
    ).keywords


def _work(database: Database, world: Surroundings) -> dict[str, Any]:
    """What is done and kept behind all that."""
    return partial(
        Store,
        unit_of_work=SqliteUnitOfWork(database),
        jobs=SqliteJobs(database, world.ids, world.clock, world.wakeups),
        queue=SqliteQueue(database, world.clock),
        ticks=SqliteTicks(database),
        journeys=SqliteJourneys(database),
        endpoints=SqliteEndpoints(database, world.sealer),
        announcements=SqliteAnnouncements(database),
        deliveries=SqliteDeliveries(database),
        audit_log=SqliteAuditLog(database),
        claims=SqliteClaims(database, world.sealer),
        holdings=SqliteHoldings(database, world.sealer),
        vault=SqliteVault(database, world.sealer),
    ).keywords


def _ping(connection: Any) -> None:
    connection.execute("SELECT 1").fetchone()


def _version(connection: Any) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number
