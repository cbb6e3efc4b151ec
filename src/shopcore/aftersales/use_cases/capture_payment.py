"""Take money that a gateway holds for an order."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopcore.aftersales.steps import OrderOfActor, SettlePayment, gateway_of
from shopcore.kernel.actor import Actor, Integration, Staff, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import OrderStatus
from shopcore.payments.errors import NothingHeld, PaymentNotFound
from shopcore.payments.model import Payment, PaymentState, plan_capture, taken
from shopcore.payments.ports import PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class CapturePayment:
    """Ask the gateway, outside any transaction, then record what it says. For an order that has ended, the money is
    let go instead.
    """

    order_of: OrderOfActor
    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, amount: Money | None = None) -> Payment:
        """The shop itself, before it lapses, and staff with `payments:write`. With an `amount` that much is taken, and
        the rest is let go; without, what was asked for before, or all of it. Money that is there stays there.

        Raises `StepUpRequired`, `OrderNotFound`, `PaymentNotFound`, `NothingHeld`, `CaptureNotPossible`, or
        `GatewayUnavailable`.
        """
        permit(actor, "payments:write")
        require_step_up(actor, self.clock.now())
        order = await self.order_of(actor, order_id, "payments:write")
        payment = await self.payments.of_order(order.id)
        if payment is None:
            raise PaymentNotFound
        if payment.state is PaymentState.SUCCEEDED:
            return payment
        if payment.state is not PaymentState.AUTHORIZED:
            raise NothingHeld(payment.state.value)
        gateway = gateway_of(self.gateways, payment)
        has_ended = order.status is OrderStatus.CANCELLED
        if amount is not None and not has_ended:  # written down first: whoever goes on after a crash asks for the same
            payment = await self._plan(payment, amount)
        report = await (gateway.cancel(payment) if has_ended else gateway.capture(payment))
        now, by = self.clock.now(), name_of(actor)

        async def work() -> Payment:
            settled = (await self.settle(report, now, by)).payment
            if isinstance(actor, Staff | Integration):
                before = {"state": payment.state.value}
                after = {"state": settled.state.value, "amount": str(taken(settled))}
                await self.audit.record(actor, "payment.capture", order.id, before=before, after=after)
            return settled

        return await self.unit_of_work(work)

    async def _plan(self, payment: Payment, amount: Money) -> Payment:
        now = self.clock.now()

        async def work() -> Payment:
            return await self.payments.update(payment.id, lambda held: plan_capture(held, amount, now))

        return await self.unit_of_work(work)
