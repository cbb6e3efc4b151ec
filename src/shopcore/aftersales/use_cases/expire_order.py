"""End an order that nobody paid in time."""

from collections.abc import Mapping
from dataclasses import dataclass

from shopcore.aftersales.steps import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.events import OrderCancelled
from shopcore.ordering.model import Order, OrderStatus, expire
from shopcore.ordering.ports import Orders
from shopcore.payments.model import OPEN, Payment, PaymentState, Report
from shopcore.payments.ports import PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpireOrder:
    """First cancel the payment at the gateway; the order ends only when the gateway took nothing and no longer can."""

    orders: Orders
    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    settle: SettlePayment
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> Order:
        """The shop itself, or staff with `orders:write`. An order that is not due, or not pending, is left as it is.

        Raises `OrderNotFound`, or `GatewayUnavailable`; then it is tried again later.
        """
        permit(actor, "orders:write")
        order, now, by = await self.orders.get(order_id), self.clock.now(), name_of(actor)
        if order.status is not OrderStatus.PENDING or now < order.expires_at:
            return order
        payment = await self.payments.of_order(order_id)
        if payment is not None and payment.state is PaymentState.PROCESSING:
            return order
        report = await self._stop(payment)
        if report is not None and report.state in OPEN:
            return order

        async def work() -> Order:
            if report is not None:
                await self.settle(report, now, by)
            held = await self.orders.get(order_id)
            if held.status is not OrderStatus.PENDING:
                return held
            await self.events.publish(OrderCancelled(at=now, order_id=order_id))
            return await self.orders.update(order_id, lambda pending: expire(pending, now, by))

        return await self.unit_of_work(work)

    async def _stop(self, payment: Payment | None) -> Report | None:
        """Close the attempt at its gateway, also one that failed: it must not come back to life after the order."""
        if payment is None or payment.state is PaymentState.VOIDED:
            return None
        return await self.gateways[payment.gateway].cancel(payment)
