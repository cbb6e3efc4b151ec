"""Take in what a gateway says, before anything is done about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.events import WebhookReceived
from shopcore.payments.ports import Inbox, PaymentGateway


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiveWebhook:
    """Check the signature, store the event once, and answer; the work is a job."""

    gateways: Mapping[str, PaymentGateway]
    inbox: Inbox
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, gateway: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Anybody may call; the signature decides. Raises `BadSignature`, `NotFound` for an unknown gateway."""
        speaking = self.gateways.get(gateway)
        if speaking is None:
            raise PaymentNotFound
        event = speaking.read_webhook(body, headers).storable
        now = self.clock.now()

        async def work() -> None:
            if await self.inbox.store(event, now):
                await self.events.publish(WebhookReceived(at=now, gateway=gateway, event_id=event.event_id))

        await self.unit_of_work(work)
