"""Take money that a gateway holds for an order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shopcore.aftersales.steps import OrderOfActor, gateway_of
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, System, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import OrderStatus
from shopcore.payments.errors import CaptureRefused, NothingHeld, PaymentNotFound
from shopcore.payments.model import (
    Payment,
    PaymentState,
    Report,
    asked_for,
    is_due,
    plan_capture,
    taken,
    unplan_capture,
)
from shopcore.payments.ports import PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class CapturePayment:
    """Ask the gateway, outside any transaction, then record what it says; of an ended order it is let go instead."""

    order_of: OrderOfActor
    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self, actor: Actor, *, order_id: OrderId, amount: Money | None = None, attempt: int | None = None
    ) -> Payment:
        """The shop itself, what this `attempt` holds and before it lapses, and staff with `payments:write`. With an
        `amount` that much is taken, and the rest is let go; without, what was asked for before, or all of it. Money
        that is there stays there.

        Raises `StepUpRequired`, `OrderNotFound`, `PaymentNotFound`, `NothingHeld`, for staff also where it was let go
        instead, `InvalidInput`, `CaptureNotPossible`, `CaptureRefused`, or `GatewayUnavailable`.
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
        has_ended = order.status is OrderStatus.CANCELLED
        if isinstance(actor, System) and not has_ended and not is_due(payment, attempt, self.clock.now()):
            return payment
        gateway = gateway_of(self.gateways, payment)
        report = await (gateway.cancel(payment) if has_ended else self._take(actor, payment, amount))
        now, by, is_wanted = self.clock.now(), name_of(actor), not isinstance(actor, System)

        async def work() -> Payment:
            settled = (await self.settle(report, now, by)).payment
            if is_wanted and settled.state is PaymentState.SUCCEEDED:
                before, after = {"state": payment.state.value}, {"state": settled.state.value}
                after["amount"] = str(taken(settled))
                await self.audit.record(actor, "payment.capture", order.id, before=before, after=after)
            return settled

        settled = await self.unit_of_work(work)
        if is_wanted and settled.state is not PaymentState.SUCCEEDED:
            raise NothingHeld(settled.state.value)  # the order has ended, or somebody who let go was quicker
        return settled

    async def _take(self, actor: Actor, payment: Payment, amount: Money | None) -> Report:
        """How much is written down first: whoever goes on after a crash asks for the same, and nobody for another
        amount meanwhile. What the gateway refuses, and so has not taken, may then be asked for otherwise: but not by
        the shop itself where staff have said how much.
        """
        now, gateway, of = self.clock.now(), gateway_of(self.gateways, payment), payment.attempt
        planned = await self._change(payment, lambda held: plan_capture(held, amount or asked_for(held), now, of))
        try:
            report = await gateway.capture(planned)
        except CaptureRefused:
            if payment.capturing is None or not isinstance(actor, System):
                await self._change(payment, lambda held: unplan_capture(held, asked_for(planned), now))
            raise
        if report.state is not PaymentState.AUTHORIZED:
            return report
        raise CaptureRefused(payment.gateway, "still held")

    async def _change(self, payment: Payment, change: Callable[[Payment], Payment]) -> Payment:
        return await self.unit_of_work(lambda: self.payments.update(payment.id, change))
