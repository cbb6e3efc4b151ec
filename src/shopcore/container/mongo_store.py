"""The distributed store, port by port. Imported only where `STORE_URL` asks for it, since it needs the driver.

A repository is one more line in `mongo_ports`; the contracts run on it from then on.
"""

from collections.abc import AsyncIterator
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
    revision = MongoCatalogRevision(database)
    return {
        "holdings": MongoHoldings(database, world.sealer),
        "vault": MongoVault(database, world.sealer),
        "unit_of_work": MongoUnitOfWork(database),
        "products": MongoProducts(database, revision),
        "listing": MongoProductListing(database),
        "categories": MongoCategories(database, revision),
        "tree": MongoCategories(database, revision),
        "revision": revision,
        "page_revision": HeldCatalogRevision(revision),
        "levels": MongoLevels(database),
        "showcase": MongoShowcase(database),
        "reservations": MongoReservations(database),
        "carts": MongoCarts(database, world.sealer),
        "shipping_methods": MongoShippingMethods(database),
        "tax_rates": MongoTaxRates(database),
        "price_rules": MongoPriceRules(database),
        "coupons": MongoCoupons(database, world.sealer),
        "orders": MongoOrders(database, world.sealer),
        "order_list": MongoOrderList(database, world.sealer),
        "payment_list": MongoPaymentList(database),
        "switches": MongoSwitches(database),
        "held_switches": HeldSwitches(MongoSwitches(database), world.clock),
        "payments": MongoPayments(database, world.sealer),
        "hand_payments": MongoHandPayments(database),
        "ledger": MongoLedger(database),
        "reconciliations": MongoReconciliations(database),
        "inbox": MongoInbox(database),
        "audit_log": MongoAuditLog(database),
        "claims": MongoClaims(database, world.sealer),
        "accounts": MongoAccounts(database, world.sealer),
        "sessions": MongoSessions(database, world.sealer),
        "spent_tokens": MongoSpentTokens(database),
        "sent_messages": MongoSentMessages(database),
        "stock_watches": MongoStockWatches(database),
        "troubled_addresses": MongoTroubledAddresses(database),
        "clients": MongoClients(database),
        "consents": MongoConsents(database),
        "wallets": MongoWallets(database),
        "grants": MongoGrants(database),
        "roles": MongoRoles(database),
        "members": MongoMembers(database),
        "api_keys": MongoApiKeys(database),
        "jobs": MongoJobs(database, world.ids, world.clock, world.wakeups),
        "queue": MongoQueue(database, world.clock, world.ids),
        "ticks": MongoTicks(database),
        "journeys": MongoJourneys(database),
        "endpoints": MongoEndpoints(database, world.sealer),
        "announcements": MongoAnnouncements(database),
        "deliveries": MongoDeliveries(database),
    }
