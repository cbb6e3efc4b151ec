"""The distributed store, port by port. Imported only where `STORE_URL` asks for it, since it needs the driver.

A repository is one more line in the part of its topic; the contracts run on it from then on. `partial` is asked for
nothing but its keywords: it is what holds their names and types against those of `Store`.
"""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from shopcore.adapters.local.held_switches import HeldSwitches
from shopcore.adapters.mongo.access import MongoApiKeys, MongoMembers, MongoRoles
from shopcore.adapters.mongo.accounts import MongoAccounts
from shopcore.adapters.mongo.audit_log import MongoAuditLog
from shopcore.adapters.mongo.carts import MongoCarts
from shopcore.adapters.mongo.categories import MongoCategories
from shopcore.adapters.mongo.claims import MongoClaims
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.gateways import MongoSwitches
from shopcore.adapters.mongo.hand_payments import MongoHandPayments
from shopcore.adapters.mongo.held_rules import HeldRules
from shopcore.adapters.mongo.holdings import MongoHoldings
from shopcore.adapters.mongo.inbox import MongoInbox
from shopcore.adapters.mongo.jobs import MongoJobs, MongoQueue
from shopcore.adapters.mongo.journeys import MongoJourneys
from shopcore.adapters.mongo.ledger import MongoLedger
from shopcore.adapters.mongo.levels import MongoLevels
from shopcore.adapters.mongo.listing import MongoProductListing
from shopcore.adapters.mongo.messages import MongoSentMessages, MongoTroubledAddresses
from shopcore.adapters.mongo.oauth import MongoClients, MongoConsents, MongoGrants
from shopcore.adapters.mongo.orders import MongoOrderList, MongoOrders
from shopcore.adapters.mongo.paces import MongoTicks
from shopcore.adapters.mongo.payment_list import MongoPaymentList
from shopcore.adapters.mongo.payments import MongoPayments
from shopcore.adapters.mongo.pricing_rules import MongoCoupons, MongoPriceRules, MongoShippingMethods, MongoTaxRates
from shopcore.adapters.mongo.products import MongoProducts
from shopcore.adapters.mongo.reconciliations import MongoReconciliations
from shopcore.adapters.mongo.refiling import Refiling
from shopcore.adapters.mongo.reservations import MongoReservations
from shopcore.adapters.mongo.revision import HeldCatalogRevision, MongoCatalogRevision
from shopcore.adapters.mongo.sessions import MongoSessions
from shopcore.adapters.mongo.showcase import MongoShowcase
from shopcore.adapters.mongo.spent_tokens import MongoSpentTokens
from shopcore.adapters.mongo.stock_watches import MongoStockWatches
from shopcore.adapters.mongo.vault import MongoVault
from shopcore.adapters.mongo.wallets import MongoWallets
from shopcore.adapters.mongo.webhooks import MongoAnnouncements, MongoDeliveries, MongoEndpoints
from shopcore.container.ports import Store, StoreTools, Surroundings
from shopcore.settings import Settings


async def open_mongo_store(settings: Settings, world: StoreTools) -> AsyncIterator[Store]:
    """The distributed store, for as long as the shop is open. Raises `StoreUnusable`."""
    database = await MongoDatabase.open(
        settings.store_url, chance=world.chance.fraction, wait_seconds=settings.write_timeout_seconds
    )
    refiling = Refiling(database, world.clock)
    ports = mongo_ports(database, world)

    async def migrate() -> int:
        version = await database.migrate()
        await refiling.run(again=True)
        await refiling.drop_retired()
        return version

    try:
        await refiling.run()
        yield Store(**ports, ping=database.ping, migrate=migrate)
    finally:
        await ports["page_revision"].settle()
        await database.close()


def mongo_ports(database: MongoDatabase, world: Surroundings) -> dict[str, Any]:
    """Every repository over one open database, by the name that `Store` has for it."""
    return {
        **_goods(database, world),
        **_orders(database, world),
        **_money(database, world),
        **_people(database, world),
        **_work(database, world),
    }


def _goods(database: MongoDatabase, world: Surroundings) -> dict[str, Any]:
    """What is sold, and for how much."""
    revision, held_rules = MongoCatalogRevision(database), HeldRules(database, world.clock)
    return partial(
        Store,
        products=MongoProducts(database, revision),
        listing=MongoProductListing(database),
        categories=MongoCategories(database, revision),
        tree=MongoCategories(database, revision),
        revision=revision,
        page_revision=HeldCatalogRevision(revision),
        levels=MongoLevels(database),
        showcase=MongoShowcase(database),
        reservations=MongoReservations(database),
        shipping_methods=MongoShippingMethods(database, held_rules),
        tax_rates=MongoTaxRates(database, held_rules),
        price_rules=MongoPriceRules(database, held_rules),
        coupons=MongoCoupons(database, world.sealer),
    ).keywords


def _orders(database: MongoDatabase, world: Surroundings) -> dict[str, Any]:
    """What is bought."""
    return partial(
        Store,
        carts=MongoCarts(database, world.sealer),
        orders=MongoOrders(database, world.sealer),
        order_list=MongoOrderList(database, world.sealer),
    ).keywords


def _money(database: MongoDatabase, world: Surroundings) -> dict[str, Any]:
    """What is paid."""
    return partial(
        Store,
        payments=MongoPayments(database, world.sealer),
        payment_list=MongoPaymentList(database),
        switches=MongoSwitches(database),
        held_switches=HeldSwitches(MongoSwitches(database), world.clock),
        hand_payments=MongoHandPayments(database),
        ledger=MongoLedger(database),
        reconciliations=MongoReconciliations(database),
        inbox=MongoInbox(database),
        wallets=MongoWallets(database),
    ).keywords


def _people(database: MongoDatabase, world: Surroundings) -> dict[str, Any]:
    """Who buys, who works here, and what they are told."""
    return partial(
        Store,
        accounts=MongoAccounts(database, world.sealer),
        sessions=MongoSessions(database, world.sealer),
        spent_tokens=MongoSpentTokens(database),
        clients=MongoClients(database),
        consents=MongoConsents(database),
        grants=MongoGrants(database),
        roles=MongoRoles(database),
        members=MongoMembers(database),
        api_keys=MongoApiKeys(database),
        stock_watches=MongoStockWatches(database),
        sent_messages=MongoSentMessages(database),
        troubled_addresses=MongoTroubledAddresses(database),
    ).keywords


def _work(database: MongoDatabase, world: Surroundings) -> dict[str, Any]:
    """What is done and kept behind all that."""
    return partial(
        Store,
        unit_of_work=MongoUnitOfWork(database),
        jobs=MongoJobs(database, world.ids, world.clock, world.wakeups),
        queue=MongoQueue(database, world.clock, world.ids),
        ticks=MongoTicks(database),
        journeys=MongoJourneys(database),
        endpoints=MongoEndpoints(database, world.sealer),
        announcements=MongoAnnouncements(database),
        deliveries=MongoDeliveries(database),
        audit_log=MongoAuditLog(database),
        claims=MongoClaims(database, world.sealer),
        holdings=MongoHoldings(database, world.sealer),
        vault=MongoVault(database, world.sealer),
    ).keywords
