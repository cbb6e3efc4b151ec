"""Give money back through the gateway that took it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from shopcore.aftersales.model.asking import asking_again, is_given_up
from shopcore.aftersales.model.books import by_the_books
from shopcore.aftersales.model.entries import given_back
from shopcore.aftersales.steps import gateway_of
from shopcore.aftersales.steps.goods import Restock
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId, RefundId
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.events import OrderRefunded, RefundFailed
from shopcore.ordering.model import Order, RefundStatus, settle_refund
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.model import charged_by, with_tax
from shopcore.payments.ports import Ledger, PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class CarryOutRefund:
    """Ask the gateway under the refund's own key, outside any transaction, then record what became of it.

    What is on its way is asked about again, by another job, for as long as it takes; what is refused for now, for a
    week. What is refused for good staff are told of.
    """

    orders: Orders
    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    ledger: Ledger
    restock: Restock
    jobs: Jobs
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, refund_id: RefundId) -> Order:
        """The shop itself, or staff with `orders:refund`. A settled refund is left as it is, and one that waits for a
        person, who will say so.

        Raises `GatewayUnavailable` where nothing was heard, so that it is tried again.
        """
        permit(actor, "orders:refund")
        order = await self.orders.get(order_id)
        refund = next((known for known in order.refunds if known.id == refund_id), None)
        payment = await self.payments.of_order(order_id)
        if refund is None or payment is None:
            raise PaymentNotFound
        if refund.status is not RefundStatus.REQUESTED:
            return order
        charge = charged_by(payment, refund.attempt)
        report = await gateway_of(self.gateways, charge).refund(charge, refund_id, refund.amount)
        if report.done is None and report.is_by_hand:
            return order
        now = self.clock.now()
        if report.done is None and not is_given_up(refund, report.failure, now):
            await self.unit_of_work(partial(self.jobs.enqueue, asking_again(order_id, refund, now)))
            return order
        done = report.done is True
        if done and refund.restock:  # before it is written down, so that it is done again after a crash in between
            await self.restock(order_id, refund, now)

        async def work() -> Order:
            before: list[Order] = []
            known = await self.ledger.entries_of(order_id)
            posted = [with_tax(given_back(payment, refund, now), known)] if done else []

            def settle(held: Order) -> Order:
                before.append(held)
                settled = settle_refund(held, refund_id, done=done, at=now, failure=report.failure)
                return held if settled == held else by_the_books(settled, [*known, *posted])

            settled = await self.orders.update(order_id, settle)
            if settled.version == before[-1].version:  # of two who asked at the same time, the second says nothing
                return settled
            if done:
                await self.ledger.post(*posted)
                await self.events.publish(OrderRefunded(at=now, order_id=order_id, refund_id=refund_id))
            else:
                await self.events.publish(RefundFailed(at=now, order_id=order_id, refund_id=refund_id))
            return settled

        return await self.unit_of_work(work)
