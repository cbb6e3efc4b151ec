"""Take a refund into order and books that a gateway lists as given."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.aftersales.model.asking import asking_about
from shopcore.aftersales.model.books import by_the_books, paid_amount, paid_and_kept
from shopcore.aftersales.model.entries import given_back
from shopcore.aftersales.model.refunds import refund_of_what_is_kept
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.events import OrderRefunded, RefundRequested
from shopcore.ordering.model import (
    Order,
    Refund,
    RefundStatus,
    refundable,
    reopen_refund,
    request_refund,
    settle_refund,
)
from shopcore.ordering.ports import Orders
from shopcore.payments.model import Payment, charge_of, with_tax
from shopcore.payments.ports import Ledger, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeInRefund:
    """The money is back with the customer already, so that nobody gives it back again from here.

    One that the order does not have was made at the gateway, or here before a backup was put back. One that the order
    waits for, or has as refused, is asked about by its own job, which puts the goods back too. Where an order has ended
    and all of its money was refused since a part had gone back already, the rest is asked for.
    """

    orders: Orders
    payments: Payments
    ledger: Ledger
    jobs: Jobs
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self, actor: Actor, *, payment_id: PaymentId, refund_id: RefundId, amount: Money, attempt: int | None = None
    ) -> Order:
        """The shop itself, or staff with `payments:write`. `attempt` is that whose money went back; one that is done
        changes nothing. Raises `PaymentNotFound`, and `NothingToRefund` for more than is left: that is for a person.
        """
        permit(actor, "payments:write")
        payment = await self.payments.get(payment_id)
        now = self.clock.now()
        refund = Refund(
            id=refund_id,
            payment_id=payment.id,
            amount=amount,
            reason="given back at the gateway",
            requested_at=now,
            attempt=charge_of(payment, attempt),
        )
        return await self.unit_of_work(lambda: self._taken_in(payment, refund, now, name_of(actor)))

    async def _taken_in(self, payment: Payment, refund: Refund, at: datetime, by: str) -> Order:
        before: list[Order] = []
        known = await self.ledger.entries_of(payment.order_id)
        given, paid = with_tax(given_back(payment, refund, at), known), paid_amount(known, refund.amount.currency)

        def take_in(held: Order) -> Order:
            before.append(held)
            if any(one.id == refund.id for one in held.refunds):
                return reopen_refund(held, refund.id, paid=paid, at=at, by=by)
            settled = settle_refund(request_refund(held, refund, paid, by), refund.id, done=True, at=at)
            return by_the_books(settled, [*known, given])

        order = await self.orders.update(payment.order_id, take_in)
        here = next((one for one in before[-1].refunds if one.id == refund.id), None)
        if here is None:
            await self.ledger.post(given)
            await self.events.publish(OrderRefunded(at=at, order_id=order.id, refund_id=refund.id))
            return await self._with_the_rest(order, paid_and_kept(order, payment, [*known, given]), at, by)
        if any(one.id == refund.id and one.status is RefundStatus.REQUESTED for one in order.refunds):
            await self.jobs.enqueue(asking_about(order.id, refund.id, f"listed/{at.isoformat()}"))
        return order

    async def _with_the_rest(self, order: Order, paid: Money, at: datetime, by: str) -> Order:
        rest = refund_of_what_is_kept(order, refundable(order, paid), at)
        if rest is None:
            return order
        await self.events.publish(RefundRequested(at=at, order_id=order.id, refund_id=rest.id))
        return await self.orders.update(order.id, lambda held: request_refund(held, rest, paid, by))
