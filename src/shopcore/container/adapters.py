"""What names concrete adapters: this file, `sqlite_store`, `gateways`, `mailers`, `senders`, and `mongo_store` if it is
asked for.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from shopcore.adapters.argon2.passwords import Argon2Passwords, Cost
from shopcore.adapters.files.common_passwords import common_passwords
from shopcore.adapters.files.sanitizer import Nh3Sanitizer
from shopcore.adapters.files.shopify_csv import ShopifyCsv
from shopcore.adapters.jwt.access_tokens import EdDsaAccessTokens
from shopcore.adapters.local.category_tree import HeldCategoryTree
from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.email_addresses import ValidatedEmailAddresses
from shopcore.adapters.local.failure_log import FailureLog
from shopcore.adapters.local.heard_endpoints import HeardEndpoints
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import KeyRing, new_key_ring, open_key_file
from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.adapters.local.sealing import AesGcmSealer, HmacSigner
from shopcore.adapters.local.short_messages import ShortMessageFolder
from shopcore.adapters.local.told_orders import ToldOrders
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.otp.codes import TotpCodes
from shopcore.adapters.sqlite import backup
from shopcore.adapters.webauthn.passkeys import WebauthnPasskeys
from shopcore.container.gateways import BogusBank, Stripe
from shopcore.container.mailers import plain_templates_of, templates_of
from shopcore.container.ports import Shared, Store, StoreTools, World
from shopcore.container.sqlite_store import open_sqlite_store
from shopcore.kernel.actor import System
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.sealing import Signer
from shopcore.kernel.stores import StoreUnusable
from shopcore.notifications.ports import Mailer
from shopcore.payments.ports import PaymentGateway
from shopcore.privacy.use_cases.admit_keys import AdmitKeys
from shopcore.settings import MEMORY, MONGO, Settings, gateway_rules
from shopcore.webhooks.ports import WebhookSender


def keys_of(settings: Settings) -> KeyRing:
    """The keys that were set; else those of the key file, made when missing; in memory, fresh ones each time."""
    if settings.sealing_keys and settings.index_key and settings.signing_key:
        return KeyRing(sealing=settings.sealing_keys, index=settings.index_key, signing=settings.signing_key)
    if settings.database == MEMORY:
        return new_key_ring()
    return open_key_file(Path(settings.keys_file))


async def open_shared(settings: Settings, keys: KeyRing) -> AsyncIterator[Shared | None]:
    """What the processes of a shop share, for as long as it is open. Raises `Unavailable` without the driver."""
    if settings.redis_address is None:
        yield None
        return
    try:
        from shopcore.adapters.redis.opening import opened  # noqa: PLC0415 - the driver is an extra
    except ModuleNotFoundError as error:
        raise Unavailable("REDIS_URL is set, but its driver is missing: pip install 'shopcore[redis]'") from error
    secret = HmacSigner(keys).sign(b"shared state", "redis")
    async with opened(
        settings.redis_address,
        secret,
        limiter=LocalLimiter(),
        wakeups=LocalWakeups(),
        stream_length=settings.event_stream_length,
    ) as shared:
        yield shared


def build_world(
    settings: Settings,
    keys: KeyRing,
    bank: BogusBank,
    mailer: Mailer,
    webhook_sender: WebhookSender,
    shared: Shared | None = None,
    stripe: Stripe | None = None,
) -> World:
    """What surrounds a shop: this machine, what its processes share, and what it is paid through."""
    open_ones: list[PaymentGateway] = [each.gateway for each in bank.all]
    if stripe is not None:
        open_ones.append(stripe.gateway)
    gateways = {each.name: each for each in open_ones if each.name in settings.gateways}
    clock, sanitizer, signer = SystemClock(), Nh3Sanitizer(), HmacSigner(keys)
    return World(
        ids=LocalIds(),
        clock=clock,
        chance=LocalChance(),
        wakeups=shared.wakeups if shared else LocalWakeups(),
        sealer=AesGcmSealer(keys),
        signer=signer,
        emails=ValidatedEmailAddresses(),
        limiter=shared.limiter if shared else LocalLimiter(),
        mailer=mailer,
        webhook_sender=webhook_sender,
        short_messages=ShortMessageFolder(Path(settings.short_message_dir)),
        templates=templates_of(settings),
        plain_templates=plain_templates_of(settings),
        passwords=Argon2Passwords(
            memory_cost=settings.argon2_memory_cost,
            time_cost=settings.argon2_time_cost,
            parallelism=settings.argon2_parallelism,
            earlier=[Cost(*map(int, cost.split("/"))) for cost in settings.argon2_earlier_costs],
        ),
        common_passwords=common_passwords(),
        access_tokens=EdDsaAccessTokens(access_token_seeds(settings, signer), settings.app_url),
        one_time_codes=TotpCodes(urlsplit(settings.app_url).hostname or "shop"),
        passkeys=WebauthnPasskeys(settings.passkey_site, settings.passkey_origins),
        gateways=gateways,
        default_gateway=settings.gateways[0],
        gateway_rules=gateway_rules(settings),
        keepers={} if stripe is None else {stripe.methods.name: stripe.methods},
        sanitizer=sanitizer,
        product_file=lambda path: ShopifyCsv.at(path, sanitizer),
        shared=shared,
    )


def share(store: Store, shared: Shared | None) -> Store:
    """The store as a shop uses it, alone or together with other processes: with what is held for pages."""
    store = replace(store, tree=HeldCategoryTree(store.categories, store.page_revision))
    if shared is None:
        return store
    return replace(store, unit_of_work=shared.units(store.unit_of_work), page_revision=shared.revision(store.revision))


def access_token_seeds(settings: Settings, signer: Signer) -> list[bytes]:
    """A seed of 32 bytes from each secret of `JWT_KEY`, else from each `SIGNING_KEY`; the signing one first."""
    if not settings.jwt_key:
        return list(signer.signatures(b"ed25519", "access-tokens"))
    return [hashlib.sha256(b"shopcore/access-tokens/ed25519\0" + key.encode()).digest() for key in settings.jwt_key]


async def open_store(settings: Settings, world: World) -> AsyncIterator[Store]:
    """The store that `STORE_URL` asks for, for as long as the shop is open. Raises `StoreUnusable`, `KeysMissing`."""
    async with open_bare_store(settings, world) as store:
        if await store.holdings.noted() is not None:
            raise StoreUnusable("a move into this store was broken off: run the same `shop move` again, or empty it")
        await AdmitKeys(vault=store.vault, sealer=world.sealer)(System(kind="opening"))
        yield _telling(store, world.clock)


def _telling(store: Store, clock: Clock) -> Store:
    """The store with orders of which other systems are told."""
    endpoints = HeardEndpoints(store.endpoints, clock)
    orders = ToldOrders(store.orders, endpoints.has_any, store.jobs, store.unit_of_work)
    return replace(store, endpoints=endpoints, orders=orders)


def open_bare_store(settings: Settings, tools: StoreTools) -> AbstractAsyncContextManager[Store]:
    """A store whatever state it is in. Raises `StoreUnusable`."""
    return asynccontextmanager(_opener(settings.store_url))(settings, tools)


@dataclass(frozen=True, kw_only=True, slots=True)
class BareTools:
    """What stores are opened with where no shop is run."""

    sealer: AesGcmSealer
    ids: LocalIds = field(default_factory=LocalIds)
    clock: SystemClock = field(default_factory=SystemClock)
    chance: LocalChance = field(default_factory=LocalChance)
    wakeups: LocalWakeups = field(default_factory=LocalWakeups)


def bare_tools(settings: Settings) -> BareTools:
    """With the keys of these settings."""
    return BareTools(sealer=AesGcmSealer(keys_of(settings)))


def _opener(store_url: str) -> Callable[[Settings, StoreTools], AsyncIterator[Store]]:
    if not store_url.startswith(MONGO):
        return open_sqlite_store
    try:
        return import_module("shopcore.container.mongo_store").open_mongo_store  # type: ignore[no-any-return]
    except ModuleNotFoundError as error:
        if error.name not in {"pymongo", "bson"}:
            raise
        raise StoreUnusable("STORE_URL=mongodb://... needs the driver: pip install 'shopcore[mongo]'") from error


def back_up(settings: Settings, target: Path) -> int:
    """Copy the shop's file while it sells, verified; answers the copy's bytes. Raises `StoreUnusable`."""
    return backup.back_up(Path(settings.database), target)


def restore(settings: Settings, source: Path) -> None:
    """Put a verified backup where the shop's file is to be. Raises `StoreUnusable` rather than overwrite one."""
    backup.restore(source, Path(settings.database))


def failure_log() -> FailureLog:
    """Where failed jobs are told of, unless whoever opens the shop wants to hear of them."""
    return FailureLog()
