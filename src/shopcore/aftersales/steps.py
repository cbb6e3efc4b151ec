"""Steps that acts on orders share: whose order it is, how a payment stops, what follows from a gateway's report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from shopcore.aftersales.model import (
    Settled,
    Stopped,
    dispute_lost,
    dispute_won,
    disputed,
    received,
    received_again,
    refund_of_second_charge,
    refund_of_the_rest,
    refund_undone,
    waived,
)
from shopcore.kernel.actor import Actor, Customer, Guest, Integration, Own, Staff, System, permit, require_scope
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.sealing import token_hash
from shopcore.ordering.errors import OrderNotFound
from shopcore.ordering.events import OrderAuthorized, OrderPaid, RefundCameBack, RefundRequested
from shopcore.ordering.model import (
    Order,
    OrderStatus,
    PaymentStatus,
    Refund,
    RefundStatus,
    collect,
    hold,
    note,
    pay,
    release,
    request_refund,
    take_refund_back,
)
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import GatewayUnavailable, PaymentNotFound
from shopcore.payments.events import AttemptOvertaken, PaymentFailed, PaymentHeld, PaymentUnknown
from shopcore.payments.model import (
    Attempt,
    Dispute,
    DisputeState,
    HandPayment,
    JournalEntry,
    Payment,
    PaymentState,
    RefundNews,
    Report,
    attempt_by_hand,
    gateway_key,
    is_promised,
    record,
    sale,
    take_dispute_in,
    taken,
)
from shopcore.payments.ports import HandPayments, Ledger, PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderOfActor:
    """Finds an order for somebody who may act on it."""

    orders: Orders

    async def __call__(self, actor: Actor, order_id: OrderId, permission: str = "orders:read") -> Order:
        """The order of a guest's token or of a customer; staff and other systems need the `permission` of the act.

        Raises `OrderNotFound` for an order that is absent or not theirs; the two look the same. Raises
        `InsufficientScope`.
        """
        require_scope(actor, Own.ORDERS)
        match actor:
            case Guest(order_token=str(token)) if await self.orders.owned_by_token(order_id, token_hash(token)):
                return await self.orders.get(order_id)
            case Customer(customer_id=customer_id):
                order = await self.orders.get(order_id)
                if order.customer_id == customer_id:
                    return order
                raise OrderNotFound
            case Staff() | Integration() | System():
                permit(actor, permission)
                return await self.orders.get(order_id)
            case _:
                raise OrderNotFound


def gateway_of(gateways: Mapping[str, PaymentGateway], payment: Payment) -> PaymentGateway:
    """The gateway that a payment is with. Raises `GatewayUnavailable` if the shop was opened without it."""
    gateway = gateways.get(payment.gateway)
    if gateway is None:
        raise GatewayUnavailable(payment.gateway)
    return gateway


@dataclass(frozen=True, kw_only=True, slots=True)
class HandPaymentOf:
    """Finds what staff may confirm of an order."""

    payments: Payments
    book: HandPayments

    async def __call__(self, order_id: OrderId) -> tuple[Payment, HandPayment]:
        """With the latest attempt by hand, also one that another has overtaken. Raises `PaymentNotFound`, or
        `NotByHand`.
        """
        payment = await self.payments.of_order(order_id)
        if payment is None:
            raise PaymentNotFound
        known = await self.book.get(gateway_key(payment.id, attempt_by_hand(payment)))
        if known is None:
            raise PaymentNotFound
        return payment, known


@dataclass(frozen=True, kw_only=True, slots=True)
class StopPayment:
    """Makes sure, outside of any transaction, that a gateway takes nothing any more."""

    gateways: Mapping[str, PaymentGateway]

    async def __call__(self, payment: Payment | None) -> Stopped:
        """Also an attempt that failed: it must not come back to life after its order. Raises `GatewayUnavailable`."""
        if payment is None or payment.state in {PaymentState.SUCCEEDED, PaymentState.VOIDED}:
            return Stopped()
        return Stopped(report=await gateway_of(self.gateways, payment).cancel(payment))


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
        for charge in payment.charges[max(len(before.charges), 1) :]:
            order = await self._charged_again(payment, charge, at, by)
        return Settled(payment=payment, order=order)

    async def _moved_on(self, before: Payment, payment: Payment, at: datetime, by: str) -> Order | None:
        match payment.state:
            case PaymentState.SUCCEEDED:
                order = await self._paid(payment, at, by)
                await self._overtaken(before, payment, at)
                return order
            case PaymentState.FAILED:
                order = await self._note(payment, PaymentStatus.FAILED, "payment_failed", at, by)
                failed = PaymentFailed(at=at, order_id=payment.order_id, payment_id=payment.id, attempt=payment.attempt)
                await self.events.publish(failed)
                return order
            case PaymentState.AUTHORIZED:
                return await self._held(payment, at, by)
            case PaymentState.PROCESSING:
                await self.events.publish(PaymentUnknown(at=at, order_id=payment.order_id, payment_id=payment.id))
                return None
            case PaymentState.VOIDED if before.state is PaymentState.AUTHORIZED:
                return await self.orders.update(payment.order_id, lambda order: release(order, at, by))
            case PaymentState.REQUIRES_PAYMENT | PaymentState.REQUIRES_ACTION | PaymentState.VOIDED:
                return None

    async def _note(self, payment: Payment, status: PaymentStatus, event: str, at: datetime, by: str) -> Order:
        def change(order: Order) -> Order:
            return msgspec.structs.replace(
                note(order, event, at=at, by=by, text=payment.failure), payment_status=status
            )

        return await self.orders.update(payment.order_id, change)

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
            order_has_ended=has_ended,
            is_promised=is_promised(payment),
        )
        await self.events.publish(held)
        if not has_ended:
            await self.events.publish(OrderAuthorized(at=at, order_id=order.id))
        return order

    async def _paid(self, payment: Payment, at: datetime, by: str) -> Order:
        ended: list[bool] = []

        def take_in(order: Order) -> Order:
            was_held = order.payment_status is PaymentStatus.AUTHORIZED and order.status is not OrderStatus.CANCELLED
            ended.append(order.status is not OrderStatus.PENDING and not was_held)
            if ended[-1]:
                return msgspec.structs.replace(order, payment_status=PaymentStatus.PAID)
            return collect(order, at, by) if was_held else pay(order, at, by)

        order = await self.orders.update(payment.order_id, take_in)
        rest = () if payment.captured is None else (waived(payment, at),)
        await self.ledger.post(_sale(order, payment, at), received(payment, at), *rest)
        if ended[-1]:  # its money goes back by itself
            reason = "the order had ended before the payment arrived"
            return await self._send_back(payment, refund_of_the_rest(payment, taken(payment), reason, at), by)
        await self.events.publish(OrderPaid(at=at, order_id=order.id))
        return order

    async def _overtaken(self, before: Payment, payment: Payment, at: datetime) -> None:
        """Money of an earlier attempt: the present one may still be open, and must take none."""
        if payment.charges[0].number != payment.attempt and before.state is not PaymentState.VOIDED:
            await self.events.publish(AttemptOvertaken(at=at, order_id=payment.order_id, payment_id=payment.id))

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


def _sale(order: Order, payment: Payment, at: datetime) -> JournalEntry:
    totals = order.totals
    amounts = {"discount": totals.discount, "shipping": totals.shipping, "tax": totals.tax}
    return sale(order.id, payment.id, at, total=totals.total, **amounts)


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeLaterNews:
    """Takes in what happens to money that was taken and given back long ago, inside one unit of work."""

    payments: Payments
    orders: Orders
    ledger: Ledger
    events: Events

    async def refund(self, payment_id: PaymentId, news: RefundNews, at: datetime) -> None:
        """A refund that was done and came back is posted back; whatever else is said of one, its job finds out."""
        payment = await self.payments.get(payment_id)
        refunds = (await self.orders.get(payment.order_id)).refunds
        refund = next((known for known in refunds if known.id == news.refund_id), None)
        if news.done or refund is None or refund.status is not RefundStatus.DONE:
            return
        paid = taken(payment)
        await self.orders.update(
            payment.order_id, lambda held: take_refund_back(held, news.refund_id, paid=paid, at=at)
        )
        await self.ledger.post(refund_undone(payment, refund, at))
        came_back = RefundCameBack(at=at, order_id=payment.order_id, refund_id=refund.id)
        await self.events.publish(came_back)

    async def dispute(self, payment_id: PaymentId, dispute: Dispute, at: datetime, by: str) -> None:
        """Monotonic, as `SettlePayment`: whoever hears of the decision only has missed nothing."""
        seen: list[Payment] = []

        def take_in(held: Payment) -> Payment:
            seen.append(held)
            return take_dispute_in(held, dispute, at)

        payment = await self.payments.update(payment_id, take_in)
        if payment.disputes == seen[-1].disputes:
            return
        posted = [disputed(payment, dispute.id, dispute.amount, at)]
        match dispute.state:
            case DisputeState.WON:
                posted.append(dispute_won(payment, dispute.id, dispute.amount, at))
            case DisputeState.LOST:
                posted.append(dispute_lost(payment, dispute.id, dispute.amount, at))
            case DisputeState.OPEN:
                pass
        await self.ledger.post(*posted)
        event = {DisputeState.OPEN: "disputed"}.get(dispute.state, f"dispute_{dispute.state}")
        await self.orders.update(payment.order_id, lambda held: note(held, event, at=at, by=by))
