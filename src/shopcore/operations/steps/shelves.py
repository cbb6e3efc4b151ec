"""A shop as shelves: everything that a store keeps, in the order in which another store can take it."""

from collections.abc import Sequence
from functools import partial

import msgspec

from shopcore.access.errors import ApiKeyNotFound
from shopcore.access.model import ApiKey
from shopcore.audit.model import Entry
from shopcore.inventory.model import Movement, MovementKind
from shopcore.messages.model import StockWatch
from shopcore.oauth.errors import ClientNotFound
from shopcore.oauth.model import Client
from shopcore.operations.ports import Holdings, Kept, KeptStock, Kind
from shopcore.operations.steps.goods_shelves import goods_shelves
from shopcore.operations.steps.keeper import Keeper
from shopcore.operations.steps.money_shelves import money_shelves
from shopcore.operations.steps.shelf import Shelf, whole
from shopcore.reporting.model import Journey
from shopcore.webhooks.model import Announcement

_PLACES = {MovementKind.RESERVED: 1, MovementKind.COMMITTED: 2, MovementKind.RELEASED: 2, MovementKind.RESTOCKED: 3}


def shelves_of(store: Keeper) -> list[Shelf]:
    """Every shelf of a store; what others need comes first."""
    return [
        *goods_shelves(store),
        *(_held(store.holdings, kind) for kind in (Kind.STOCK, Kind.RESERVATIONS, Kind.CARTS, Kind.ORDERS)),
        *money_shelves(store),
        *(
            _held(store.holdings, kind)
            for kind in (Kind.REDEMPTIONS, Kind.EVENTS, Kind.CLAIMS, Kind.JOBS, Kind.ACCOUNTS, Kind.SESSIONS)
        ),
        *(_held(store.holdings, kind) for kind in (Kind.CONSENTS, Kind.WALLETS, Kind.GRANTS)),
        whole("switches of gateways", store.switches.everything, "gateway", store.switches.put),
        Shelf("audit log", partial(_entries, store), partial(_put_entries, store)),
        whole("roles", store.roles.everything, "name", store.roles.put),
        whole("members", store.members.everything, "customer_id", store.members.put),
        whole("API keys", store.api_keys.everything, "id", partial(_put_api_key, store)),
        Shelf("stock watches", partial(_watches, store), partial(_put_watches, store)),
        whole("apps and integrations", store.clients.everything, "id", partial(_put_client, store)),
        Shelf("journeys", store.journeys.walk, partial(_put_journeys, store)),
        whole("webhook endpoints", store.endpoints.everything, "id", store.endpoints.add),
        Shelf("webhook events", partial(_told, store), partial(_put_told, store)),
        Shelf("webhook deliveries", store.deliveries.walk, lambda things: store.deliveries.add(*things)),
    ]


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
