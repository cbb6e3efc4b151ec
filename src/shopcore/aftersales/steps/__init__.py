"""Steps that acts on orders share: whose order it is, how a payment stops, what follows from a gateway's report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shopcore.aftersales.model import (
    Stopped,
    dispute_lost,
    dispute_won,
    disputed,
    refund_undone,
)
from shopcore.kernel.actor import Actor, Customer, Guest, Integration, Own, Staff, System, permit, require_scope
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.sealing import token_hash
from shopcore.ordering.errors import OrderNotFound
from shopcore.ordering.events import RefundCameBack
from shopcore.ordering.model import (
    Order,
    RefundStatus,
    note,
    take_refund_back,
)
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import GatewayUnavailable, PaymentNotFound
from shopcore.payments.model import (
    Dispute,
    DisputeState,
    HandPayment,
    Payment,
    PaymentState,
    RefundNews,
    attempt_by_hand,
    gateway_key,
    take_dispute_in,
    taken,
    with_tax,
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
        known = await self.ledger.entries_of(payment.order_id)
        await self.ledger.post(with_tax(refund_undone(payment, refund, at), known))
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
                known = await self.ledger.entries_of(payment.order_id)
                posted.append(with_tax(dispute_lost(payment, dispute.id, dispute.amount, at), known))
            case DisputeState.OPEN:
                pass
        await self.ledger.post(*posted)
        event = {DisputeState.OPEN: "disputed"}.get(dispute.state, f"dispute_{dispute.state}")
        await self.orders.update(payment.order_id, lambda held: note(held, event, at=at, by=by))
