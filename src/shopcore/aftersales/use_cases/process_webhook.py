"""Do what a stored webhook says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shopcore.aftersales.model.webhooks import set_aside, try_again_at
from shopcore.aftersales.steps.later_news import TakeLaterNews
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import GatewayUnavailable, PaymentNotFound
from shopcore.payments.model import Report
from shopcore.payments.ports import GatewayEvent, Inbox, PaymentGateway


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessWebhook:
    """Settle the payment that an event reports on, or take in what it says of a refund or a dispute. In any order, any
    number of times. Whose a refund or a dispute is, the gateway is asked, outside any transaction.

    What speaks of a payment that is not here is looked at again after a minute, and then less and less; after three
    days it is set aside, for two shops may be paid through one account, and done once the payment is here after all.
    """

    inbox: Inbox
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    later: TakeLaterNews
    jobs: Jobs
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, gateway: str, event_id: str, received_at: datetime | None = None) -> None:
        """The shop itself, or staff with `payments:write`. Raises `PaymentNotFound` while the payment is unknown, for
        three days from `received_at`, with the moment to look again, and `GatewayUnavailable` while the gateway does
        not say whose it is.
        """
        permit(actor, "payments:write")
        try:
            await self._do(gateway, event_id, name_of(actor))
        except PaymentNotFound:
            if received_at is None:
                raise
            now = self.clock.now()
            again_at = try_again_at(received_at, now)
            if again_at is not None:
                raise PaymentNotFound(again_at) from None
            aside = set_aside(gateway, event_id, received_at, now)
            if aside is not None:
                await self.unit_of_work(partial(self.jobs.enqueue, aside))

    async def _do(self, gateway: str, event_id: str, by: str) -> None:
        event = await self.inbox.get(gateway, event_id)
        if event is None:
            raise PaymentNotFound
        found = await self._whose(event)
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
