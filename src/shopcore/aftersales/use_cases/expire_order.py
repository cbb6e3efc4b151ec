"""End an order that nobody paid in time."""

from dataclasses import dataclass

from shopcore.aftersales.steps import StopPayment
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.events import OrderCancelled
from shopcore.ordering.model import Order, OrderStatus, expire
from shopcore.ordering.model.telling import told
from shopcore.ordering.ports import Orders
from shopcore.payments.model import PaymentState
from shopcore.payments.ports import Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpireOrder:
    """First cancel the payment at the gateway; the order ends only when the gateway took nothing and no longer can."""

    orders: Orders
    payments: Payments
    stop: StopPayment
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
        stopped = await self.stop(payment)
        if not stopped.is_certain:
            return order

        async def work() -> Order:
            for report in stopped.reports:
                await self.settle(report, now, by)
            held = await self.orders.get(order_id)
            # Paid or cancelled meanwhile; or tried again, which may still take money: the next sweep stops that.
            if held.status is not OrderStatus.PENDING or not stopped.holds_for(await self.payments.of_order(order_id)):
                return held
            await self.events.publish(told(OrderCancelled, held, now))
            return await self.orders.update(order_id, lambda pending: expire(pending, now, by))

        return await self.unit_of_work(work)
