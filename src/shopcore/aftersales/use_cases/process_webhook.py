"""Do what a stored webhook says."""

from dataclasses import dataclass

from shopcore.aftersales.steps import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.ports import Inbox


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessWebhook:
    """Settle the payment that an event reports on. In any order, any number of times."""

    inbox: Inbox
    settle: SettlePayment
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, gateway: str, event_id: str) -> None:
        """The shop itself, or staff with `payments:write`. Raises `PaymentNotFound` while the payment is unknown."""
        permit(actor, "payments:write")
        event = await self.inbox.get(gateway, event_id)
        if event is None:
            raise PaymentNotFound
        report = event.report
        if report is None:
            return
        now = self.clock.now()

        async def work() -> None:
            await self.settle(report, now, name_of(actor))

        await self.unit_of_work(work)
