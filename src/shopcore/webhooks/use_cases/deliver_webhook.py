"""Send one event to one endpoint, once."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.webhooks.errors import EndpointNotFound
from shopcore.webhooks.model import DeliveryState, body_of
from shopcore.webhooks.model.deliveries import dropped
from shopcore.webhooks.model.endpoints import headers_of
from shopcore.webhooks.ports import Announcements, Deliveries, Endpoints, WebhookSender
from shopcore.webhooks.steps import TakeAnswer

_OFF = "the endpoint is switched off"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverWebhook:
    """One try. Where the process dies between sending and recording, the same event is sent once more, under its id."""

    endpoints: Endpoints
    announcements: Announcements
    deliveries: Deliveries
    sender: WebhookSender
    take_answer: TakeAnswer
    clock: Clock

    async def __call__(self, actor: Actor, *, endpoint_id: str, event_id: str, turn: str) -> None:
        """The shop itself. A turn that was had, or an endpoint that is gone, is a no-op."""
        permit(actor, "events:write")
        try:
            endpoint = await self.endpoints.get(endpoint_id)
        except EndpointNotFound:
            return
        delivery = await self.deliveries.get(endpoint_id, event_id)
        if delivery.turn != turn or delivery.state is not DeliveryState.WAITING:
            return
        now = self.clock.now()
        if not endpoint.is_on:
            await self.deliveries.change(
                endpoint_id, event_id, lambda held: dropped(held, _OFF, now) if held.turn == turn else held
            )
            return
        body = body_of(await self.announcements.get(event_id))
        answer = await self.sender.send(endpoint.url, headers_of(endpoint, event_id, now, body), body)
        await self.take_answer(actor, endpoint, delivery, answer, self.clock.now())
