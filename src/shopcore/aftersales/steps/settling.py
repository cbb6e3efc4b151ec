"""What a gateway says of a payment is taken in, with all that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shopcore.aftersales.model import Settled
from shopcore.aftersales.model.books import by_the_books
from shopcore.aftersales.model.entries import received, received_again, waived
from shopcore.aftersales.model.refunds import refund_of_excess, refund_of_second_charge, refund_of_the_rest
from shopcore.kernel.events import Events
from shopcore.ordering.events import OrderAuthorized, OrderPaid, RefundRequested
from shopcore.ordering.model import (
    Order,
    OrderStatus,
    Refund,
    collect,
    fail,
    forgo,
    hold,
    pay,
    release,
    request_refund,
)
from shopcore.ordering.model.telling import told
from shopcore.ordering.ports import Orders
from shopcore.payments.events import AttemptOvertaken, HoldLapsed, PaymentFailed, PaymentHeld, PaymentUnknown
from shopcore.payments.model import (
    Attempt,
    JournalEntry,
    Payment,
    PaymentState,
    Report,
    asked_for,
    begun_between,
    is_promised,
    record,
    sale,
    still_open,
    taken,
    told_to_payer,
    with_tax,
)
from shopcore.payments.ports import Ledger, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class SettlePayment:
    """Takes in what a gateway says, and does all that follows from it, inside one unit of work."""

    payments: Payments
    orders: Orders
    ledger: Ledger
    events: Events

    async def __call__(self, report: Report, at: datetime, by: str) -> Settled:
        """Monotonic: a late, doubled or reordered report changes nothing. Raises `PaymentNotFound`."""
        seen: list[Payment] = []

        def take_in(held: Payment) -> Payment:
            seen.append(held)
            return record(held, report, at)

        payment = await self.payments.update(report.payment_id, take_in)
        before, order = seen[-1], None
        if payment.state is not before.state:
            order = await self._moved_on(before, payment, at, by)
        for number in _to_stop(before, payment, report):
            stop = AttemptOvertaken(at=at, order_id=payment.order_id, payment_id=payment.id, attempt=number)
            await self.events.publish(stop)
        for charge in payment.charges[max(len(before.charges), 1) :]:
            order = await self._charged_again(payment, charge, at, by)
        return Settled(payment=payment, order=order)

    async def _moved_on(self, before: Payment, payment: Payment, at: datetime, by: str) -> Order | None:
        match payment.state:
            case PaymentState.SUCCEEDED:
                return await self._paid(payment, at, by)
            case PaymentState.FAILED:
                why = told_to_payer(payment.failure)  # the order's timeline is its buyer's
                order = await self.orders.update(payment.order_id, lambda held: fail(held, at, by, why))
                await self._failed(payment, at)
                return order
            case PaymentState.AUTHORIZED:
                return await self._held(payment, at, by)
            case PaymentState.PROCESSING:
                await self.events.publish(PaymentUnknown(at=at, order_id=payment.order_id, payment_id=payment.id))
                return None
            case PaymentState.VOIDED if before.state is PaymentState.AUTHORIZED:
                return await self._released(payment, at, by)
            case PaymentState.REQUIRES_PAYMENT | PaymentState.REQUIRES_ACTION | PaymentState.VOIDED:
                return None

    async def _failed(self, payment: Payment, at: datetime) -> None:
        failed = PaymentFailed(at=at, order_id=payment.order_id, payment_id=payment.id, attempt=payment.attempt)
        await self.events.publish(failed)

    async def _released(self, payment: Payment, at: datetime, by: str) -> Order:
        """An order that has not left waits again, and its buyer is told; what has left, or ended, stays as it is. Staff
        are told of what nobody has asked to let go, whoever hears first that it is.
        """

        def take_in(order: Order) -> Order:
            return release(order, at, by) if order.status is OrderStatus.PROCESSING else forgo(order, at, by)

        order = await self.orders.update(payment.order_id, take_in)
        if order.status is OrderStatus.PENDING:
            await self._failed(payment, at)
        if order.status is not OrderStatus.CANCELLED and by.startswith("system:") and not payment.letting_go:
            lapsed = HoldLapsed(at=at, order_id=order.id, payment_id=payment.id, attempt=payment.attempt)
            await self.events.publish(lapsed)
        return order

    async def _held(self, payment: Payment, at: datetime, by: str) -> Order:
        """The order goes on; a job takes the money in time, or lets it go if the order has ended."""

        def take_in(order: Order) -> Order:
            return hold(order, at, by) if order.status is OrderStatus.PENDING else order

        order = await self.orders.update(payment.order_id, take_in)
        has_ended = order.status is OrderStatus.CANCELLED
        held = PaymentHeld(
            at=at,
            order_id=order.id,
            payment_id=payment.id,
            attempt=payment.attempt,
            order_has_ended=has_ended,
            is_promised=is_promised(payment),
            since=begun_between(payment)[0],  # nobody holds it for longer
        )
        await self.events.publish(held)
        if not has_ended:
            await self.events.publish(told(OrderAuthorized, order, at))
        return order

    async def _paid(self, payment: Payment, at: datetime, by: str) -> Order:
        """Its money goes back by itself where the order has ended. One that waits, is on its way or has arrived is paid
        by it, also where the money had been given up meanwhile.
        """
        # An order's books begin with its sale, unless a dispute was heard of before the charge.
        known = await self.ledger.entries_of(payment.order_id) if payment.disputes else ()
        posted: list[JournalEntry] = []

        def take_in(order: Order) -> Order:
            posted[:] = _entries(order, payment, at)
            return by_the_books(_moved_on(order, payment, at, by), [*known, *posted])

        order = await self.orders.update(payment.order_id, take_in)
        await self.ledger.post(*posted)
        if order.status is OrderStatus.CANCELLED:
            reason = "the order had ended before the payment arrived"
            return await self._send_back(payment, refund_of_the_rest(payment, taken(payment), reason, at), by)
        await self.events.publish(told(OrderPaid, order, at))
        excess = refund_of_excess(payment, at)
        return order if excess is None else await self._send_back(payment, excess, by)

    async def _charged_again(self, payment: Payment, charge: Attempt, at: datetime, by: str) -> Order:
        await self.ledger.post(received_again(payment, charge, at))
        return await self._send_back(payment, refund_of_second_charge(payment, charge, at), by)

    async def _send_back(self, payment: Payment, refund: Refund, by: str) -> Order:
        order = await self.orders.update(
            payment.order_id, lambda held: request_refund(held, refund, taken(payment), by)
        )
        await self.events.publish(
            RefundRequested(at=refund.requested_at, order_id=payment.order_id, refund_id=refund.id)
        )
        return order


def _to_stop(before: Payment, payment: Payment, report: Report) -> Sequence[int]:
    """Tries that must take no money: once the order is paid, all that still may; before, an earlier one that is heard
    of and has not ended for good.
    """
    numbers = still_open(payment)
    if payment.state is PaymentState.SUCCEEDED:
        return numbers if before.state is not PaymentState.SUCCEEDED else ()
    return [number for number in numbers if number == report.attempt != payment.attempt]


def _moved_on(order: Order, payment: Payment, at: datetime, by: str) -> Order:
    match order.status:
        case OrderStatus.CANCELLED:
            return order
        case OrderStatus.PENDING:
            return pay(order, at, by, _amounts(payment))
        case OrderStatus.PROCESSING | OrderStatus.SHIPPED | OrderStatus.DELIVERED:
            return collect(order, at, by, _amounts(payment))


def _entries(order: Order, payment: Payment, at: datetime) -> tuple[JournalEntry, ...]:
    """The sale, the money for it, and what was not taken of it."""
    totals = order.totals
    amounts = {"discount": totals.discount, "shipping": totals.shipping, "tax": totals.tax}
    sold = sale(order.id, payment.id, at, total=totals.total, **amounts)
    posted = [sold, received(payment, at)]
    for each in waived(payment, at):
        posted.append(with_tax(each, posted))
    return tuple(posted)


def _amounts(payment: Payment) -> str | None:
    """What the timeline says of money that is not what was asked for."""
    return None if taken(payment) == asked_for(payment) else f"{taken(payment)} instead of {asked_for(payment)}"
