"""What a shop is paid through: the pretend bank, and Stripe."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shopcore.adapters.bogus.books import Books
from shopcore.adapters.bogus.gateway import BogusGateway
from shopcore.adapters.bogus.webhooks import Deliverer
from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.keys import KeyRing
from shopcore.adapters.local.sealing import HmacSigner
from shopcore.kernel.errors import Unavailable
from shopcore.payments.ports import PaymentGateway
from shopcore.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class BogusBank:
    """The pretend bank: the gateway, and what carries its webhooks."""

    gateway: BogusGateway
    deliverer: Deliverer


async def open_bogus_bank(settings: Settings, keys: KeyRing) -> AsyncIterator[BogusBank]:
    """The pretend bank with its own books, for as long as the shop is open."""
    books, clock = Books(settings.bogus_database), SystemClock()
    secret = HmacSigner(keys).sign(b"webhooks", "bogus")
    gateway = BogusGateway(books, clock, LocalIds(), secret=secret, app_url=settings.app_url)
    try:
        yield BogusBank(gateway=gateway, deliverer=Deliverer(books, clock, secret))
    finally:
        await books.close()


async def open_stripe(settings: Settings) -> AsyncIterator[PaymentGateway | None]:
    """Stripe, for as long as the shop is open. Raises `Unavailable` without its client."""
    if "stripe" not in settings.gateways:
        yield None
        return
    try:
        from shopcore.adapters.stripe.gateway import StripeGateway  # noqa: PLC0415 - the client is an extra
        from shopcore.adapters.stripe.link import connected  # noqa: PLC0415 - as above
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
        yield StripeGateway(
            link,
            SystemClock(),
            webhook_secrets=settings.stripe_webhook_secrets,
            captures_later=settings.stripe_capture == "manual",
        )
