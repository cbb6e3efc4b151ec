"""Steps that acts on orders share: whose order it is, and what follows from a gateway's report."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from shopcore.kernel.actor import Actor, Guest, Integration, Staff, System, permit
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId, RefundId
from shopcore.kernel.money import Money
from shopcore.kernel.sealing import token_hash
from shopcore.ordering.errors import OrderNotFound
from shopcore.ordering.events import OrderPaid, RefundRequested
from shopcore.ordering.model import Order, OrderStatus, PaymentStatus, Refund, note, pay, request_refund
from shopcore.ordering.ports import Orders
from shopcore.payments.events import PaymentFailed, PaymentUnknown
from shopcore.payments.model import Account, JournalEntry, Payment, PaymentState, Report, entry, record
from shopcore.payments.ports import Ledger, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderOfActor:
    """Finds an order for somebody who may act on it."""

    orders: Orders

    async def __call__(self, actor: Actor, order_id: OrderId) -> Order:
        """Raises `OrderNotFound` for an order that is absent or not theirs; the two look the same."""
        match actor:
            case Guest(order_token=str(token)) if await self.orders.owned_by_token(order_id, token_hash(token)):
                return await self.orders.get(order_id)
            case Staff() | Integration() | System():
                permit(actor, "orders:read")
                return await self.orders.get(order_id)
            case _:
                raise OrderNotFound


@dataclass(frozen=True, kw_only=True, slots=True)
class SettlePayment:
    """Takes in what a gateway says, and does all that follows from it, inside one unit of work."""

    payments: Payments
    orders: Orders
    ledger: Ledger
    events: Events

    async def __call__(self, report: Report, at: datetime, by: str) -> Payment:
        """Monotonic: a late, doubled or reordered report changes nothing. Raises `PaymentNotFound`."""
        before = await self.payments.get(report.payment_id)
        payment = await self.payments.update(report.payment_id, lambda held: record(held, report, at))
        if payment.state is before.state:
            return payment
        match payment.state:
            case PaymentState.SUCCEEDED:
                await self._paid(payment, at, by)
            case PaymentState.FAILED:
                await self._note(payment, PaymentStatus.FAILED, "payment_failed", at, by)
                await self.events.publish(PaymentFailed(at=at, order_id=payment.order_id, payment_id=payment.id))
            case PaymentState.AUTHORIZED:
                await self._note(payment, PaymentStatus.AUTHORIZED, "payment_authorized", at, by)
            case PaymentState.PROCESSING:
                await self.events.publish(PaymentUnknown(at=at, order_id=payment.order_id, payment_id=payment.id))
            case PaymentState.REQUIRES_PAYMENT | PaymentState.REQUIRES_ACTION | PaymentState.VOIDED:
                pass
        return payment

    async def _note(self, payment: Payment, status: PaymentStatus, event: str, at: datetime, by: str) -> None:
        def change(order: Order) -> Order:
            return msgspec.structs.replace(
                note(order, event, at=at, by=by, text=payment.failure), payment_status=status
            )

        await self.orders.update(payment.order_id, change)

    async def _paid(self, payment: Payment, at: datetime, by: str) -> None:
        order = await self.orders.get(payment.order_id)
        await self.ledger.post(sale(order, payment, at))
        await self.ledger.post(received(payment, at))
        if order.status is OrderStatus.PENDING:
            await self.orders.update(order.id, lambda held: pay(held, at, by))
            await self.events.publish(OrderPaid(at=at, order_id=order.id))
        else:
            await self._send_back(order, payment, at, by)

    async def _send_back(self, order: Order, payment: Payment, at: datetime, by: str) -> None:
        """Money for an order that has ended goes back by itself."""
        refund = whole_refund(payment, "the order had ended before the payment arrived", at)

        def change(held: Order) -> Order:
            paid = msgspec.structs.replace(held, payment_status=PaymentStatus.PAID)
            return request_refund(paid, refund, payment.amount, by)

        await self.orders.update(order.id, change)
        await self.events.publish(RefundRequested(at=at, order_id=order.id, refund_id=refund.id))


def sale(order: Order, payment: Payment, at: datetime) -> JournalEntry:
    """The customer owes the total; it was earned as goods, shipping and tax, less the discount."""
    totals = order.totals
    earned = totals.total + totals.discount - totals.shipping - totals.tax
    postings = [
        (Account.RECEIVABLE, totals.total),
        (Account.DISCOUNT, totals.discount),
        (Account.REVENUE, -earned),
        (Account.SHIPPING, -totals.shipping),
        (Account.TAX, -totals.tax),
    ]
    return entry(f"sale/{order.id}", at, order.id, payment.id, postings)


def received(payment: Payment, at: datetime) -> JournalEntry:
    """The gateway holds the money; the customer owes nothing more."""
    postings = [(Account.CLEARING, payment.amount), (Account.RECEIVABLE, -payment.amount)]
    return entry(f"paid/{payment.id}", at, payment.order_id, payment.id, postings)


def given_back(payment: Payment, refund_id: RefundId, amount: Money, at: datetime) -> JournalEntry:
    """The gateway gave money back."""
    postings = [(Account.REFUND, amount), (Account.CLEARING, -amount)]
    return entry(f"refund/{refund_id}", at, payment.order_id, payment.id, postings)


def whole_refund(payment: Payment, reason: str, at: datetime) -> Refund:
    """Everything back; its id is made of the payment's, so that asking twice is asking once."""
    return Refund(
        id=RefundId(f"{payment.id}-all"), payment_id=payment.id, amount=payment.amount, reason=reason, requested_at=at
    )


def paid_amount(payment: Payment | None, currency: str) -> Money:
    """What has been taken for an order."""
    if payment is None or payment.state is not PaymentState.SUCCEEDED:
        return Money.zero(currency)
    return payment.amount
