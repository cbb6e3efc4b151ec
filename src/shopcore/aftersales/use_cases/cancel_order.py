"""Cancel an order before it ships; stock and money go back."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopcore.aftersales.steps import OrderOfActor, SettlePayment, whole_refund
from shopcore.kernel.actor import Actor, Staff, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import TransitionRefused
from shopcore.ordering.events import OrderCancelled, RefundRequested
from shopcore.ordering.model import Act, Order, OrderStatus, allowed_acts, cancel, request_refund
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import PaymentUnderWay
from shopcore.payments.model import OPEN, Payment, PaymentState, Report
from shopcore.payments.ports import PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelOrder:
    """First make sure that the gateway takes nothing any more, outside any transaction; only then end the order."""

    order_of: OrderOfActor
    orders: Orders
    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, reason: str | None = None) -> Order:
        """Whose order it is may, and staff with `orders:write`. Cancelling a cancelled order changes nothing.

        Raises `OrderNotFound`, `TransitionRefused` once it has shipped, `PaymentUnderWay`, `GatewayUnavailable`.
        """
        order = await self.order_of(actor, order_id)
        if isinstance(actor, Staff):
            permit(actor, "orders:write")
        if order.status is OrderStatus.CANCELLED:
            return order
        if Act.CANCEL not in allowed_acts(order.status):
            raise TransitionRefused(Act.CANCEL, order.status)
        report = await self._stop(await self.payments.of_order(order_id))
        now, by = self.clock.now(), name_of(actor)

        async def work() -> Order:
            if report is not None:
                await self.settle(report, now, by)
            await self.orders.update(order_id, lambda held: cancel(held, now, by, reason))
            await self.events.publish(OrderCancelled(at=now, order_id=order_id))
            payment = await self.payments.of_order(order_id)
            if payment is None or payment.state is not PaymentState.SUCCEEDED:
                return await self.orders.get(order_id)
            refund = whole_refund(payment, reason or "cancelled", now)
            await self.events.publish(RefundRequested(at=now, order_id=order_id, refund_id=refund.id))
            return await self.orders.update(order_id, lambda held: request_refund(held, refund, payment.amount, by))

        return await self.unit_of_work(work)

    async def _stop(self, payment: Payment | None) -> Report | None:
        """Close an open payment at its gateway. Raises `PaymentUnderWay` if it is past stopping and not settled."""
        if payment is None or payment.state not in OPEN:
            return None
        report = await self.gateways[payment.gateway].cancel(payment)
        if report.state in OPEN:
            raise PaymentUnderWay
        return report
