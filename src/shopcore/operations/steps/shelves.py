"""A shop as shelves: everything that a store keeps, in the order in which another store can take it."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import msgspec

from shopcore.access.errors import ApiKeyNotFound
from shopcore.access.model import ApiKey
from shopcore.access.ports import ApiKeys, Members, Roles
from shopcore.audit.model import Entry
from shopcore.audit.ports import AuditLog
from shopcore.catalog.errors import ProductNotFound
from shopcore.catalog.model import Category, Product
from shopcore.catalog.ports import CatalogRevision, Categories, Products
from shopcore.inventory.model import Movement, MovementKind
from shopcore.messages.model import StockWatch
from shopcore.messages.ports import StockWatches
from shopcore.oauth.errors import ClientNotFound
from shopcore.oauth.model import Client
from shopcore.oauth.ports import Clients
from shopcore.operations.ports import Holdings, Kept, KeptOrder, KeptStock, Kind
from shopcore.payments.model import HandPayment, JournalEntry, Payment, Reconciliation, Standing, gateway_key
from shopcore.payments.ports import HandPayments, Ledger, Payments, Reconciliations, Switches
from shopcore.pricing.model import Coupon
from shopcore.pricing.ports import Coupons, ShippingMethods, TaxRates
from shopcore.reporting.model import Journey
from shopcore.reporting.ports import Journeys
from shopcore.webhooks.model import Announcement
from shopcore.webhooks.ports import Announcements, Deliveries, Endpoints

T = TypeVar("T")

_PLACES = {MovementKind.RESERVED: 1, MovementKind.COMMITTED: 2, MovementKind.RELEASED: 2, MovementKind.RESTOCKED: 3}


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


class KeptMoney(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an order's money."""

    payment: Payment | None
    entries: tuple[JournalEntry, ...]
    by_hand: tuple[HandPayment, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Things of one kind, each under a key. `put` leaves alone what is there."""

    name: str
    read: Callable[[str, int], Awaitable[Sequence[tuple[str, Any]]]]
    put: Callable[[Sequence[Any]], Awaitable[None]]


def shelves_of(store: Keeper) -> list[Shelf]:
    """Every shelf of a store; what others need comes first."""
    return [
        Shelf("categories", partial(_categories, store), partial(_put_categories, store)),
        Shelf("products", partial(_products, store), partial(_put_products, store)),
        _whole("shipping methods", store.shipping_methods.everything, "code", store.shipping_methods.put),
        _whole("tax rates", store.tax_rates.everything, "id", store.tax_rates.put),
        Shelf("coupons", partial(_coupons, store), partial(_put_coupons, store)),
        *(_held(store.holdings, kind) for kind in (Kind.STOCK, Kind.RESERVATIONS, Kind.CARTS, Kind.ORDERS)),
        Shelf("payments and ledger", partial(_money, store), partial(_put_money, store)),
        Shelf("reconciliations", partial(_runs, store), partial(_put_runs, store)),
        Shelf("open differences", partial(_standing, store), partial(_put_standing, store)),
        *(
            _held(store.holdings, kind)
            for kind in (Kind.REDEMPTIONS, Kind.EVENTS, Kind.CLAIMS, Kind.JOBS, Kind.ACCOUNTS, Kind.SESSIONS)
        ),
        *(_held(store.holdings, kind) for kind in (Kind.CONSENTS, Kind.WALLETS, Kind.GRANTS)),
        _whole("switches of gateways", store.switches.everything, "gateway", store.switches.put),
        Shelf("audit log", partial(_entries, store), partial(_put_entries, store)),
        _whole("roles", store.roles.everything, "name", store.roles.put),
        _whole("members", store.members.everything, "customer_id", store.members.put),
        _whole("API keys", store.api_keys.everything, "id", partial(_put_api_key, store)),
        Shelf("stock watches", partial(_watches, store), partial(_put_watches, store)),
        _whole("apps and integrations", store.clients.everything, "id", partial(_put_client, store)),
        Shelf("journeys", store.journeys.walk, partial(_put_journeys, store)),
        _whole("webhook endpoints", store.endpoints.everything, "id", store.endpoints.add),
        Shelf("webhook events", partial(_told, store), partial(_put_told, store)),
        Shelf("webhook deliveries", store.deliveries.walk, lambda things: store.deliveries.add(*things)),
    ]


BATCH = 100
"""Things that are read at a time."""


async def summed(shelf: Shelf, watch: Callable[[int], None] = lambda _count: None) -> tuple[int, str]:
    """How many things there are, and a hash over all of them; `watch` hears how many it has seen."""
    count, digest, after = 0, hashlib.sha256(), ""
    while batch := await shelf.read(after, BATCH):
        for thing in batch:
            digest.update(msgspec.json.encode(thing, order="deterministic"))
        count, after = count + len(batch), batch[-1][0]
        watch(count)
    return count, digest.hexdigest()


def _whole(
    name: str,
    everything: Callable[[], Awaitable[Sequence[T]]],
    key: str,
    put: Callable[[T], Awaitable[None]],
) -> Shelf:
    """A shelf that is small enough to be read whole."""

    async def read(after: str, limit: int) -> Sequence[tuple[str, T]]:
        keyed = sorted((str(getattr(one, key)), one) for one in await everything())
        return [each for each in keyed if each[0] > after][:limit]

    async def put_each(things: Sequence[T]) -> None:
        for thing in things:
            await put(thing)

    return Shelf(name, read, put_each)


async def _coupons(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Coupon]]:
    page = await store.coupons.page((after,) if after else None, limit)
    return [(coupon.code, coupon) for coupon in page.items]


async def _put_coupons(store: Keeper, things: Sequence[Coupon]) -> None:
    for coupon in things:
        await store.coupons.put(coupon)


async def _watches(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, StockWatch]]:
    return [(watch.id, watch) for watch in await store.watches.page(after, limit)]


async def _put_watches(store: Keeper, things: Sequence[StockWatch]) -> None:
    for watch in things:
        await store.watches.put(watch)


def _held(holdings: Holdings, kind: Kind) -> Shelf:
    async def read(after: str, limit: int) -> Sequence[tuple[str, Kept]]:
        return [(key, _in_one_order(thing)) for key, thing in await holdings.read(kind, after, limit)]

    return Shelf(kind.value, read, holdings.put)


def _in_one_order(thing: Kept) -> Kept:
    """Movements of one instant stand in an order that is each store's own."""
    if not isinstance(thing, KeptStock):
        return thing
    return msgspec.structs.replace(thing, movements=tuple(sorted(thing.movements, key=_moment)))


def _moment(movement: Movement) -> tuple[object, int, str]:
    return movement.at, _PLACES.get(movement.kind, 0), movement.id


async def _categories(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Category]]:
    """Parents before children."""
    depths: dict[str, int] = {}
    for one in await store.categories.everything():
        depths[one.id] = 0 if one.parent_id is None else depths[one.parent_id] + 1
    found = await store.categories.everything()
    keyed = sorted((f"{depths[one.id]:03}/{one.id}", one) for one in found)
    return [each for each in keyed if each[0] > after][:limit]


async def _put_categories(store: Keeper, things: Sequence[Category]) -> None:
    there = {category.id for category in await store.categories.everything()}
    for category in things:
        if category.id not in there:
            await store.categories.add(category)


async def _products(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Product]]:
    page = await store.products.page(None, (after,) if after else None, limit)
    return [(product.slug, product) for product in page.items]


async def _put_products(store: Keeper, things: Sequence[Product]) -> None:
    for product in things:
        try:
            await store.products.get(product.id)
        except ProductNotFound:
            await store.products.add(product)


async def _money(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, KeptMoney]]:
    found = []
    for key, thing in await store.holdings.read(Kind.ORDERS, after, limit):
        assert isinstance(thing, KeptOrder), "that is what was asked for"
        payment = await store.payments.of_order(thing.order.id)
        entries = tuple(await store.ledger.entries_of(thing.order.id))
        by_hand = () if payment is None else await _by_hand(store, payment)
        found.append((key, KeptMoney(payment=payment, entries=entries, by_hand=by_hand)))
    return found


async def _by_hand(store: Keeper, payment: Payment) -> tuple[HandPayment, ...]:
    keys = [gateway_key(payment.id, number) for number in range(1, payment.attempt + 1)]
    return tuple(one for one in [await store.hand_payments.get(key) for key in keys] if one is not None)


async def _put_money(store: Keeper, things: Sequence[KeptMoney]) -> None:
    for money in things:
        if money.payment is not None:
            await store.payments.add(money.payment)
        for one in money.by_hand:
            await store.hand_payments.change(one.key, partial(_unless_there, one))
        await store.ledger.post(*money.entries)


def _unless_there(one: HandPayment, known: HandPayment | None) -> HandPayment:
    return known or one


async def _runs(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Reconciliation]]:
    page = await store.reconciliations.page((after,) if after else None, limit)
    return [(run.id, run) for run in page.items]


async def _put_runs(store: Keeper, things: Sequence[Reconciliation]) -> None:
    for run in things:
        await store.reconciliations.put(run)


async def _standing(store: Keeper, after: str, _limit: int) -> Sequence[tuple[str, Standing]]:
    standing = await store.reconciliations.standing()
    return [] if after or standing == Standing() else [("standing", standing)]


async def _put_standing(store: Keeper, things: Sequence[Standing]) -> None:
    for standing in things:
        await store.reconciliations.put_standing(standing)


async def _entries(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Entry]]:
    page = await store.audit_log.page((int(after),) if after else None, limit)
    return [(f"{entry.sequence:015}", entry) for entry in page.items]


async def _put_entries(store: Keeper, things: Sequence[Entry]) -> None:
    last = await store.audit_log.last()
    for entry in things:
        if last is None or entry.sequence > last.sequence:
            await store.audit_log.append(entry)


async def _put_journeys(store: Keeper, things: Sequence[Journey]) -> None:
    for journey in things:
        await store.journeys.note(journey)


async def _told(store: Keeper, after: str, limit: int) -> Sequence[tuple[str, Announcement]]:
    return [(event.place, event) for event in await store.announcements.after(after, limit)]


async def _put_told(store: Keeper, things: Sequence[Announcement]) -> None:
    await store.announcements.append(*things)
    for event in things:
        await store.announcements.tell(event.order_id, event.sequence)


async def _put_api_key(store: Keeper, key: ApiKey) -> None:
    try:
        await store.api_keys.by_digest(key.digest)
    except ApiKeyNotFound:
        await store.api_keys.add(key)


async def _put_client(store: Keeper, client: Client) -> None:
    try:
        await store.clients.get(client.id)
    except ClientNotFound:
        await store.clients.add(client)
