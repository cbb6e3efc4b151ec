"""What a shop is paid through: the pretend bank, Stripe, and by hand."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from shopcore.adapters.bogus.accounts import ChargeLine
from shopcore.adapters.bogus.books import Books
from shopcore.adapters.bogus.gateway import BogusGateway
from shopcore.adapters.bogus.webhooks import Deliverer
from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import KeyRing
from shopcore.adapters.local.sealing import HmacSigner
from shopcore.adapters.manual.gateway import ManualGateway
from shopcore.container.ports import Store, World
from shopcore.kernel.errors import Unavailable
from shopcore.payments.model import MANUAL
from shopcore.payments.ports import MethodKeeper, PaymentGateway
from shopcore.settings import MEMORY, Settings

SECOND = "bogus2"


@dataclass(frozen=True, kw_only=True, slots=True)
class BogusBank:
    """The pretend bank: the gateway, and what carries its webhooks."""

    gateway: BogusGateway
    deliverer: Deliverer
    second: "BogusBank | None" = None
    """The same under another name, with books of its own, to try out several gateways."""

    @property
    def all(self) -> tuple["BogusBank", ...]:
        """The bank, and the second one if there is one."""
        return (self,) if self.second is None else (self, self.second)

    async def charges(self) -> Sequence[ChargeLine]:
        """The books of all of them, oldest first."""
        lines = [line for bank in self.all for line in await bank.gateway.charges()]
        return sorted(lines, key=lambda line: line.id)


async def open_bogus_bank(settings: Settings, keys: KeyRing) -> AsyncIterator[BogusBank]:
    """The pretend bank with its own books, and a second one if it is asked for, for as long as the shop is open."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(_bank(settings, keys, "bogus", settings.bogus_database))
        if SECOND in settings.gateways:
            path = settings.bogus_database
            books = path if path == MEMORY else str(Path(path).with_stem(f"{Path(path).stem}-2"))
            first = replace(first, second=await stack.enter_async_context(_bank(settings, keys, SECOND, books)))
        yield first


@asynccontextmanager
async def _bank(settings: Settings, keys: KeyRing, name: str, path: str) -> AsyncGenerator[BogusBank]:
    books, clock = Books(path), SystemClock()
    secret = HmacSigner(keys).sign(b"webhooks", name)
    gateway = BogusGateway(books, clock, LocalIds(), secret=secret, app_url=settings.app_url, name=name)
    try:
        yield BogusBank(gateway=gateway, deliverer=Deliverer(books, clock, secret))
    finally:
        await books.close()


class Stripe(NamedTuple):
    """What it is to a shop: a gateway, and where payment methods are kept."""

    gateway: PaymentGateway
    methods: MethodKeeper


async def open_stripe(settings: Settings) -> AsyncIterator[Stripe | None]:
    """Stripe, for as long as the shop is open. Raises `Unavailable` without its client."""
    if "stripe" not in settings.gateways:
        yield None
        return
    try:
        from shopcore.adapters.stripe.gateway import StripeGateway  # noqa: PLC0415 - the client is an extra
        from shopcore.adapters.stripe.link import connected  # noqa: PLC0415 - as above
        from shopcore.adapters.stripe.methods import StripeMethods  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise Unavailable(
            "STRIPE_SECRET_KEY is set, but its client is missing: pip install 'shopcore[stripe]'"
        ) from error
    async with connected(
        settings.stripe_secret_key or "",
        LocalChance(),
        api_base=settings.stripe_api_base,
        deadline=settings.payment_timeout_seconds,
        calls_per_second=settings.stripe_calls_per_second,
    ) as link:
        gateway = StripeGateway(
            link,
            SystemClock(),
            webhook_secrets=settings.stripe_webhook_secrets,
            captures_later=settings.stripe_capture == "manual",
        )
        yield Stripe(gateway, StripeMethods(link))


def with_manual(settings: Settings, store: Store, world: World) -> World:
    """The world with the gateway whose other side are staff, which keeps its book in the store, if it is asked for."""
    if MANUAL not in settings.gateways:
        return world
    gateway = ManualGateway(
        store.hand_payments,
        store.unit_of_work,
        world.clock,
        methods=settings.manual_methods,
        details=settings.manual_details or "",
        patience=timedelta(days=settings.manual_days),
    )
    return replace(world, gateways={**world.gateways, MANUAL: gateway})
