"""Take a refund into order and books that somebody has made at the gateway."""

from dataclasses import dataclass

from shopcore.aftersales.model.books import by_the_books, paid_amount
from shopcore.aftersales.model.entries import given_back
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.events import OrderRefunded
from shopcore.ordering.model import Order, Refund, request_refund, settle_refund
from shopcore.ordering.ports import Orders
from shopcore.payments.model import charge_of, with_tax
from shopcore.payments.ports import Ledger, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeInRefund:
    """The money is back with the customer already, so that nobody gives it back again from here."""

    orders: Orders
    payments: Payments
    ledger: Ledger
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self, actor: Actor, *, payment_id: PaymentId, refund_id: RefundId, amount: Money, attempt: int | None = None
    ) -> Order:
        """The shop itself, or staff with `payments:write`. `attempt` is that whose money went back; one that is known
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

        async def work() -> Order:
            before: list[Order] = []
            known = await self.ledger.entries_of(payment.order_id)
            given, paid = with_tax(given_back(payment, refund, now), known), paid_amount(known, amount.currency)

            def take_in(held: Order) -> Order:
                before.append(held)
                asked = request_refund(held, refund, paid, name_of(actor))
                settled = settle_refund(asked, refund_id, done=True, at=now)
                return held if settled == held else by_the_books(settled, [*known, given])

            order = await self.orders.update(payment.order_id, take_in)
            if order.version != before[-1].version:
                await self.ledger.post(given)
                await self.events.publish(OrderRefunded(at=now, order_id=order.id, refund_id=refund_id))
            return order

        return await self.unit_of_work(work)
