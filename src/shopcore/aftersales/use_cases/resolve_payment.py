"""Find out what became of a payment whose outcome is not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shopcore.aftersales.steps import gateway_of
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PaymentId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import Order, OrderStatus
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import GatewayClosed
from shopcore.payments.model import OPEN, Payment, PaymentState, Report, ask_again, asked_about, last_word, take_up
from shopcore.payments.ports import PaymentGateway, Payments, Switches

_GETTING_STARTED = timedelta(seconds=10)  # whoever has just written it down may turn to another gateway


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvePayment:
    """Ask the gateway; where it has never heard of the attempt, begin it under the attempt's own key.

    That is safe also where the shop has asked before and got no answer: whatever is still on its way has the same key.
    But nobody is charged for an order whose time is over: there the attempt is cancelled, so that the order can end.
    Once it has ended, an attempt that waits for its payer is cancelled too.
    """

    payments: Payments
    orders: Orders
    gateways: Mapping[str, PaymentGateway]
    switches: Switches
    settle: SettlePayment
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, payment_id: PaymentId) -> Payment:
        """The shop itself, or staff with `payments:write`. A settled payment is left as it is.

        Raises `PaymentNotFound`, `GatewayUnavailable` while the gateway does not answer or is switched off, or
        `PaymentNotRetryable` where the payment has ended, or another try was begun, since it was read.
        """
        permit(actor, "payments:write")
        payment = await self.payments.get(payment_id)
        is_being_begun = payment.state is PaymentState.REQUIRES_PAYMENT and bool(payment.others)
        if payment.state not in OPEN or (is_being_begun and self.clock.now() - payment.updated_at < _GETTING_STARTED):
            return payment
        report = await self._ask(payment, await self.orders.get(payment.order_id))
        now = self.clock.now()

        async def work() -> Payment:
            await self.settle(report, now, name_of(actor))
            return await self.payments.update(payment_id, lambda held: asked_about(held, now))

        return await self.unit_of_work(work)

    async def _ask(self, payment: Payment, order: Order) -> Report:
        gateway = gateway_of(self.gateways, payment)
        known = None if payment.is_set_by else await gateway.look_up(payment)
        if known is not None and not (order.status is OrderStatus.CANCELLED and _waits(known)):
            return known
        if not (order.status is OrderStatus.PENDING and self.clock.now() < order.expires_at):
            return last_word(await gateway.cancel(payment))
        off = {switch.gateway for switch in await self.switches.everything() if not switch.is_on}
        names = (payment.gateway, *payment.others) if payment.is_set_by else (payment.gateway,)
        on = next((name for name in names if name in self.gateways and name not in off), None)
        if on is None:
            raise GatewayClosed(payment.gateway)
        now, turned = self.clock.now(), take_up(payment, on, self.clock.now())

        def begun(held: Payment) -> Payment:
            if payment.is_set_by and not held.is_set_by:  # somebody else has taken it up, perhaps to another
                raise GatewayClosed(payment.gateway)
            return ask_again(take_up(held, on, now), turned.attempt, now)

        await self.unit_of_work(lambda: self.payments.update(payment.id, begun))
        return await gateway_of(self.gateways, turned).begin(ask_again(turned, turned.attempt, now))


def _waits(report: Report) -> bool:
    """Whether nothing moves until its payer does."""
    return report.state in {PaymentState.REQUIRES_PAYMENT, PaymentState.REQUIRES_ACTION}
