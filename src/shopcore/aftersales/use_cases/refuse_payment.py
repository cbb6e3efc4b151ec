"""Say that the money of a transfer, or of a delivery, is not going to come."""

from dataclasses import dataclass

from shopcore.aftersales.steps import HandPaymentOf, OrderOfActor
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import NothingAwaited
from shopcore.payments.model import Payment, PaymentState, not_received, report_by_hand


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusePayment:
    """A transfer counts as failed, and its buyer may pay in another way for as long as the order waits; what was
    promised at the door is let go, and an order that has not left waits again.
    """

    order_of: OrderOfActor
    by_hand: HandPaymentOf
    settle: SettlePayment
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> Payment:
        """Staff with `payments:write` who have just signed in. What was refused stays refused.

        Raises `StepUpRequired`, `OrderNotFound`, `PaymentNotFound`, `NotByHand`, or `NothingAwaited` for money that
        has come.
        """
        permit(actor, "payments:write")
        now, by = self.clock.now(), name_of(actor)
        require_step_up(actor, now)
        order = await self.order_of(actor, order_id, "payments:write")

        async def work() -> Payment:
            _, before = await self.by_hand(order.id)
            if before.state is PaymentState.SUCCEEDED:
                raise NothingAwaited(before.state.value)
            known = await self.by_hand.book.change(before.key, lambda held: not_received(held or before))
            settled = (await self.settle(report_by_hand(known), now, by)).payment
            if known != before:
                states = {"state": before.state.value}, {"state": known.state.value}
                await self.audit.record(actor, "payment.refuse", order.id, before=states[0], after=states[1])
            return settled

        return await self.unit_of_work(work)
