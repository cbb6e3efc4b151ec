"""Promise money back once more that did not go."""

from dataclasses import dataclass

from shopcore.aftersales.model.books import paid_and_kept
from shopcore.aftersales.model.refunds import WantedLine, check_restock, refund_lines
from shopcore.kernel.actor import Actor, name_of, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import Ids, OrderId, RefundId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.events import RefundRequested
from shopcore.ordering.model import Order, retry_refund
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.ports import Ledger, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryRefund:
    """For one that its gateway refused, or whose money came back: of the same charge, for the same reason, what was not
    asked for since, or what is left if that is less.

    It is another refund, so that the gateway is asked anew. One that the shop had asked for by itself is in it too.
    """

    orders: Orders
    payments: Payments
    ledger: Ledger
    events: Events
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, refund_id: RefundId) -> Order:
        """Staff with `orders:refund` who have just signed in.

        Raises `StepUpRequired`, `OrderNotFound`, `PaymentNotFound` where there is no such refund, `NothingToRefund`
        where it has not failed, all of it was asked for since, or nothing is left, and `InvalidInput` for goods that
        came back or were refunded otherwise.
        """
        permit(actor, "orders:refund")
        now, by, again = self.clock.now(), name_of(actor), RefundId(self.ids.new())
        require_step_up(actor, now)

        async def work() -> Order:
            order, payment = await self.orders.get(order_id), await self.payments.of_order(order_id)
            failed = next((known for known in order.refunds if known.id == refund_id), None)
            if failed is None or payment is None:
                raise PaymentNotFound
            paid = paid_and_kept(order, payment, await self.ledger.entries_of(order_id))

            def ask(held: Order) -> Order:
                asked = retry_refund(held, refund_id, again, paid=paid, at=now, by=by)
                wanted = [WantedLine(variant_id=line.variant_id, quantity=line.quantity) for line in failed.lines]
                refund_lines(held, wanted)
                if asked.refunds[-1].restock:
                    check_restock(held, failed.lines)
                return asked

            changed = await self.orders.update(order_id, ask)
            await self.events.publish(RefundRequested(at=now, order_id=order_id, refund_id=again))
            after = {"amount": str(changed.refunds[-1].amount), "instead_of": refund_id}
            await self.audit.record(actor, "order.refund", order_id, before={}, after=after)
            return changed

        return await self.unit_of_work(work)
