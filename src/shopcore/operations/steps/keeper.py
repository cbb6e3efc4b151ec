"""The ports through which a whole store is read, and filled."""

from dataclasses import dataclass

from shopcore.access.ports import ApiKeys, Members, Roles
from shopcore.audit.ports import AuditLog
from shopcore.catalog.ports import CatalogRevision, Categories, Products
from shopcore.messages.ports import StockWatches
from shopcore.oauth.ports import Clients
from shopcore.operations.ports import Holdings
from shopcore.payments.ports import HandPayments, Ledger, Payments, Reconciliations, Switches
from shopcore.pricing.ports import Coupons, ShippingMethods, TaxRates
from shopcore.reporting.ports import Journeys
from shopcore.webhooks.ports import Announcements, Deliveries, Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeper:
    """The ports of a store that tell, together, all that it keeps."""

    products: Products
    categories: Categories
    revision: CatalogRevision
    shipping_methods: ShippingMethods
    tax_rates: TaxRates
    coupons: Coupons
    payments: Payments
    hand_payments: HandPayments
    ledger: Ledger
    reconciliations: Reconciliations
    audit_log: AuditLog
    switches: Switches
    roles: Roles
    members: Members
    api_keys: ApiKeys
    clients: Clients
    journeys: Journeys
    endpoints: Endpoints
    announcements: Announcements
    deliveries: Deliveries
    watches: StockWatches
    holdings: Holdings
