"""Say that a person has given money back."""

from dataclasses import dataclass

from shopcore.aftersales.model.asking import given_job
from shopcore.kernel.actor import Actor, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId, RefundId
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import NothingToRefund
from shopcore.ordering.model import Order, RefundStatus
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import NotByHand, PaymentNotFound
from shopcore.payments.model import MANUAL, HandPayment, charged_by, given_by_hand, owed, refund_of_hand
from shopcore.payments.ports import HandPayments, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmRefund:
    """For money that no gateway gives back by itself. The refund's own job goes on: books, goods and mail."""

    orders: Orders
    payments: Payments
    book: HandPayments
    jobs: Jobs
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, refund_id: RefundId) -> Order:
        """Staff with `orders:refund` who have just signed in. What was given back stays given back.

        Raises `StepUpRequired`, `OrderNotFound`, `PaymentNotFound` where there is no such refund, `NotByHand` where a
        gateway gives it back, or `NothingToRefund` for more than came.
        """
        permit(actor, "orders:refund")
        now = self.clock.now()
        require_step_up(actor, now)

        async def work() -> Order:
            order, payment = await self.orders.get(order_id), await self.payments.of_order(order_id)
            refund = next((known for known in order.refunds if known.id == refund_id), None)
            if refund is None or payment is None:
                raise PaymentNotFound
            charge = charged_by(payment, refund.attempt)
            if charge.gateway != MANUAL or charge.reference is None:
                raise NotByHand(charge.gateway)
            if refund.status is not RefundStatus.REQUESTED:
                return order

            def give(known: HandPayment | None) -> HandPayment:
                due = known and owed(known, refund_id, refund.amount, now)
                if due is None or refund_of_hand(due, refund_id) is None:
                    raise NothingToRefund
                return given_by_hand(due, refund_id, now)

            await self.book.change(charge.reference, give)
            await self.jobs.enqueue(given_job(order_id, refund_id))
            after = {"refund": refund_id, "amount": str(refund.amount)}
            await self.audit.record(actor, "refund.confirm", order_id, before={}, after=after)
            return order

        return await self.unit_of_work(work)
