"""Let money go that a gateway holds for an order."""

from dataclasses import dataclass

from shopcore.aftersales.steps import OrderOfActor, StopPayment
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.payments.errors import NothingHeld, PaymentNotFound, PaymentUnderWay
from shopcore.payments.model import Payment, PaymentState
from shopcore.payments.ports import Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class VoidPayment:
    """Ask the gateway, outside any transaction, to take nothing; then record what it says. The order stays: its buyer
    can pay again, or staff cancel it.
    """

    order_of: OrderOfActor
    payments: Payments
    stop: StopPayment
    settle: SettlePayment
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> Payment:
        """Staff with `payments:write` who have just signed in. What is void stays void.

        Raises `StepUpRequired`, `OrderNotFound`, `PaymentNotFound`, `NothingHeld` for money that was taken, also by
        somebody who was quicker, `PaymentUnderWay` while it is being taken, or `GatewayUnavailable`.
        """
        permit(actor, "payments:write")
        require_step_up(actor, self.clock.now())
        order = await self.order_of(actor, order_id, "payments:write")
        payment = await self.payments.of_order(order.id)
        if payment is None:
            raise PaymentNotFound
        if payment.state is PaymentState.SUCCEEDED:
            raise NothingHeld(payment.state.value)
        stopped = await self.stop(payment)
        now, by = self.clock.now(), name_of(actor)
        if not stopped.reports:
            return payment
        if not stopped.is_certain:
            raise PaymentUnderWay

        async def work() -> Payment:
            settled = payment
            for report in stopped.reports:
                settled = (await self.settle(report, now, by)).payment
            if settled.state is not PaymentState.SUCCEEDED:
                before, after = {"state": payment.state.value}, {"state": settled.state.value}
                await self.audit.record(actor, "payment.void", order.id, before=before, after=after)
            return settled

        settled = await self.unit_of_work(work)
        if settled.state is PaymentState.SUCCEEDED:  # somebody was quicker: it is taken in, and this did not happen
            raise NothingHeld(settled.state.value)
        return settled
