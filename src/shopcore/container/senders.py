"""How webhooks leave."""

from collections.abc import AsyncIterator, Mapping

from shopcore.kernel.errors import Unavailable
from shopcore.settings import Settings
from shopcore.webhooks.model import Answer
from shopcore.webhooks.ports import WebhookSender


async def open_webhook_sender(settings: Settings) -> AsyncIterator[WebhookSender]:
    """The way that webhooks go, for as long as the shop is open. It connects to nobody before there is one to send."""
    try:
        from shopcore.adapters.aiohttp.webhooks import opened  # noqa: PLC0415 - the client is an extra
    except ModuleNotFoundError as error:
        if error.name not in {"aiohttp", "yarl"}:
            raise
        yield _NoClient()
        return
    async with opened(settings.webhook_networks) as sender:
        yield sender


class _NoClient:
    """What a shop without the client has: it opens, and says what is missing once there is something to send."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - as the port
        raise Unavailable("webhooks are sent by a client that is missing: pip install 'shopcore[webhooks]'")
