"""Say that the money of a transfer, or of a delivery, has come."""

from dataclasses import dataclass

from shopcore.aftersales.steps import HandPaymentOf, OrderOfActor
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.model import Payment, received_by_hand, report_by_hand


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmPayment:
    """All of it, and once. It is taken in as what any gateway says: it pays the order, and what comes for one that has
    ended, or was paid in another way meanwhile, is to go back.
    """

    order_of: OrderOfActor
    by_hand: HandPaymentOf
    settle: SettlePayment
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> Payment:
        """Staff with `payments:write` who have just signed in. What was confirmed stays confirmed.

        Raises `StepUpRequired`, `OrderNotFound`, `PaymentNotFound`, or `NotByHand`.
        """
        permit(actor, "payments:write")
        now, by = self.clock.now(), name_of(actor)
        require_step_up(actor, now)
        order = await self.order_of(actor, order_id, "payments:write")

        async def work() -> Payment:
            payment, before = await self.by_hand(order.id)
            part = payment.capturing if before.attempt == payment.attempt else None
            known = await self.by_hand.book.change(before.key, lambda held: received_by_hand(held or before, now, part))
            settled = (await self.settle(report_by_hand(known), now, by)).payment
            if known != before:
                states = {"state": before.state.value}, {"state": known.state.value, "amount": str(known.amount)}
                await self.audit.record(actor, "payment.confirm", order.id, before=states[0], after=states[1])
            return settled

        return await self.unit_of_work(work)
