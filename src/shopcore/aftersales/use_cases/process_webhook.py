"""Do what a stored webhook says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shopcore.aftersales.model.webhooks import look_at, try_again_at
from shopcore.aftersales.steps.later_news import TakeLaterNews
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import GatewayUnavailable, PaymentNotFound, WebhookForgotten
from shopcore.payments.model import Report
from shopcore.payments.ports import Aside, GatewayEvent, Inbox, PaymentGateway


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessWebhook:
    """Settle the payment that an event reports on, or take in what it says of a refund or a dispute. In any order, any
    number of times. Whose a refund or a dispute is, the gateway is asked, outside any transaction.

    What speaks of a payment that is not here is looked at again after a minute and after ten, and is then set aside,
    for two shops may be paid through one account; `MatchWebhooks` has it done once the payment is here after all.
    """

    inbox: Inbox
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    later: TakeLaterNews
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, gateway: str, event_id: str, received_at: datetime | None = None) -> None:
        """The shop itself, or staff with `payments:write`. Raises `PaymentNotFound` while the payment is unknown, for
        ten minutes from `received_at`, with the moment to look again, `GatewayUnavailable` while the gateway does not
        say whose it is, and `WebhookForgotten` where the event is not there any more.
        """
        permit(actor, "payments:write")
        event = await self.inbox.get(gateway, event_id)
        if event is None:
            raise WebhookForgotten
        found = await self._whose(event)
        spoken_of = event.report or found
        try:
            await self._do(event, found, name_of(actor))
        except PaymentNotFound:
            if received_at is None or spoken_of is None:
                raise
            await self._set_aside(event, spoken_of.payment_id, received_at)

    async def _set_aside(self, event: GatewayEvent, payment_id: PaymentId, received_at: datetime) -> None:
        now = self.clock.now()
        again_at = try_again_at(received_at, now)
        if again_at is not None:
            raise PaymentNotFound(again_at) from None
        at = look_at(received_at, now)
        if at is not None:
            aside = Aside(
                gateway=event.gateway,
                event_id=event.event_id,
                payment_id=payment_id,
                received_at=received_at,
                look_at=at,
            )
            await self.unit_of_work(partial(self.inbox.set_aside, aside))

    async def _do(self, event: GatewayEvent, found: Report | None, by: str) -> None:
        now = self.clock.now()

        async def work() -> None:
            if event.report is not None:
                await self.settle(event.report, now, by)
            if found is not None and event.refund is not None:
                await self.later.refund(found.payment_id, event.refund.refund_id, now, is_back=not event.refund.done)
            if found is not None and event.dispute is not None:
                await self.later.dispute(found.payment_id, event.dispute.dispute, found.attempt, now, by)

        await self.unit_of_work(work)

    async def _whose(self, event: GatewayEvent) -> Report | None:
        """The attempt that a refund or a dispute is of; None for what is none of the shop's."""
        news = event.refund or event.dispute
        if news is None:
            return None
        gateway = self.gateways.get(event.gateway)
        if gateway is None:
            raise GatewayUnavailable(event.gateway)
        return await gateway.find(news.reference)
