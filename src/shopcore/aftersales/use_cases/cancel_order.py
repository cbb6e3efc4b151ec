"""Cancel an order before it ships; stock and money go back."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.aftersales.model.books import paid_and_kept
from shopcore.aftersales.model.refunds import checked_reason, refund_of_the_rest
from shopcore.aftersales.steps import OrderOfActor, StopPayment
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.kernel.actor import Actor, Integration, Staff, name_of, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import TransitionRefused
from shopcore.ordering.events import OrderCancelled, RefundRequested
from shopcore.ordering.model import Act, Order, OrderStatus, allowed_acts, cancel, refundable, request_refund
from shopcore.ordering.model.telling import told
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import PaymentUnderWay
from shopcore.payments.model import Payment, PaymentState
from shopcore.payments.ports import Ledger, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelOrder:
    """First make sure that the gateway takes nothing any more, outside any transaction; only then end the order."""

    order_of: OrderOfActor
    orders: Orders
    payments: Payments
    ledger: Ledger
    stop: StopPayment
    settle: SettlePayment
    events: Events
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, reason: str | None = None) -> Order:
        """Whose order it is may, and staff with `orders:write`. Cancelling a cancelled order changes nothing.

        Raises `OrderNotFound`, `StepUpRequired`, `TransitionRefused` once it has shipped, `PaymentUnderWay`,
        `GatewayUnavailable`, or `InvalidInput` for a reason that is too long.
        """
        why = checked_reason(reason or "") or None
        order = await self.order_of(actor, order_id, "orders:write")
        require_step_up(actor, self.clock.now())
        if order.status is OrderStatus.CANCELLED:
            return order
        if Act.CANCEL not in allowed_acts(order.status):
            raise TransitionRefused(Act.CANCEL, order.status)
        stopped = await self.stop(await self.payments.of_order(order_id))
        if not stopped.is_certain:
            raise PaymentUnderWay
        now, by = self.clock.now(), name_of(actor)

        async def work() -> Order:
            for report in stopped.reports:
                await self.settle(report, now, by)
            held, payment = await self.orders.get(order_id), await self.payments.of_order(order_id)
            if held.status is OrderStatus.CANCELLED:
                return held
            if not stopped.holds_for(payment):
                raise PaymentUnderWay
            cancelled = await self.orders.update(order_id, lambda ending: cancel(ending, now, by, why))
            await self.events.publish(told(OrderCancelled, cancelled, now))
            if isinstance(actor, Staff | Integration):
                before, after = {"status": held.status.value}, {"status": cancelled.status.value}
                await self.audit.record(actor, "order.cancel", order_id, before=before, after=after)
            return await self._give_back(cancelled, payment, now, by)

        return await self.unit_of_work(work)

    async def _give_back(self, order: Order, payment: Payment | None, at: datetime, by: str) -> Order:
        """All that was paid and is not on its way back already. Why is in the order's timeline, in words that go with
        the person.
        """
        if payment is None or payment.state is not PaymentState.SUCCEEDED:
            return order
        paid = paid_and_kept(order, payment, await self.ledger.entries_of(order.id))
        left = refundable(order, paid)
        if left.amount <= 0:
            return order
        refund = refund_of_the_rest(payment, left, "cancelled", at)
        await self.events.publish(RefundRequested(at=at, order_id=order.id, refund_id=refund.id))
        return await self.orders.update(order.id, lambda held: request_refund(held, refund, paid, by))
