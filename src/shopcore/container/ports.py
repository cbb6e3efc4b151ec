"""Every port of the core, as one store and one surrounding world give them."""

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from shopcore.access.ports import ApiKeys, Members, Roles
from shopcore.audit.ports import AuditLog
from shopcore.cart.ports import Carts
from shopcore.catalog.ports import CatalogRevision, Categories, CategoryTree, ProductListing, Products, Sanitizer
from shopcore.idempotency.ports import Claims
from shopcore.identity.ports import AccessTokens, Accounts, OneTimeCodes, Passkeys, Passwords, Sessions, SpentTokens
from shopcore.inventory.ports import Levels, Reservations
from shopcore.jobs.ports import Chance, Queue, Ticks, Wakeups
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Event
from shopcore.kernel.ids import Ids
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.sealing import Sealer, Signer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.messages.ports import SentMessages, StockWatches, TroubledAddresses
from shopcore.notifications.ports import Mailer, ShortMessages, Templates
from shopcore.oauth.ports import Clients, Consents, Grants
from shopcore.operations.model import SharedState
from shopcore.operations.ports import EventStream, Holdings, ProductFile, RateLimiter, SharedPages
from shopcore.ordering.ports import OrderList, Orders
from shopcore.payments.model import GatewayRule
from shopcore.payments.ports import (
    HandPayments,
    Inbox,
    Ledger,
    MethodKeeper,
    PaymentGateway,
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
from shopcore.webhooks.ports import Announcements, Deliveries, Endpoints, WebhookSender


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """What one store keeps, and its transactions."""

    unit_of_work: UnitOfWork
    products: Products
    listing: ProductListing
    categories: Categories
    revision: CatalogRevision
    page_revision: CatalogRevision
    """For caches of pages, which may learn of other processes' changes up to half a second late."""
    tree: CategoryTree
    """The categories for pages, under the same reserve."""
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
    payments: Payments
    payment_list: PaymentList
    switches: Switches
    held_switches: Switches
    """For checkouts, which may learn of other processes' switches up to a second late."""
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
    holdings: Holdings
    vault: Vault
    roles: Roles
    members: Members
    api_keys: ApiKeys
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
    ping: Callable[[], Awaitable[None]]
    migrate: Callable[[], Awaitable[int]]
    """Brings the schema to what this version needs, where opening has not; answers its version."""


class Shared(Protocol):
    """What the processes of one shop share besides the store, where there is something to share it through."""

    @property
    def limiter(self) -> RateLimiter:
        """Counts for all of them."""
        ...

    @property
    def wakeups(self) -> Wakeups:
        """Wakes the workers of all of them."""
        ...

    @property
    def pages(self) -> SharedPages:
        """What one has made for the others."""
        ...

    @property
    def events(self) -> EventStream | None:
        """Where events go, unless that is switched off."""
        ...

    def units(self, store: UnitOfWork) -> UnitOfWork:
        """The store's unit of work, whose changes of the catalogue are told to all."""
        ...

    def revision(self, store: CatalogRevision) -> CatalogRevision:
        """The store's revision, held for as long as it is known to be right."""
        ...

    def note(self, events: Sequence[Event]) -> None:
        """Hear what happens in the unit in progress."""
        ...

    async def check(self) -> SharedState:
        """Look how it is."""
        ...

    def state(self) -> SharedState:
        """How it was the last time."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What surrounds the core: time, chance, keys, and the ways out."""

    ids: Ids
    clock: Clock
    chance: Chance
    wakeups: Wakeups
    sealer: Sealer
    signer: Signer
    emails: EmailAddresses
    limiter: RateLimiter
    mailer: Mailer
    webhook_sender: WebhookSender
    templates: Templates
    plain_templates: Templates
    """The shop's own, whatever a merchant has put in their place."""
    short_messages: ShortMessages
    passwords: Passwords
    common_passwords: Container[str]
    access_tokens: AccessTokens
    one_time_codes: OneTimeCodes
    passkeys: Passkeys
    gateways: Mapping[str, PaymentGateway]
    default_gateway: str
    sanitizer: Sanitizer
    product_file: Callable[[Path], ProductFile]
    shared: Shared | None = None
    gateway_rules: Sequence[GatewayRule] = ()
    keepers: Mapping[str, MethodKeeper] = field(default_factory=dict)
    """Those of the gateways that keep payment methods."""


class Surroundings(Protocol):
    """What repositories are made of besides their database."""

    @property
    def sealer(self) -> Sealer:
        """For what is personal."""
        ...

    @property
    def ids(self) -> Ids:
        """For new jobs."""
        ...

    @property
    def clock(self) -> Clock:
        """For the queue."""
        ...

    @property
    def wakeups(self) -> Wakeups:
        """For who waits for new jobs."""
        ...


class StoreTools(Surroundings, Protocol):
    """What a store is opened with."""

    @property
    def chance(self) -> Chance:
        """For pauses that differ."""
        ...
