"""Steps that acts on orders share: whose order it is, how a payment stops, what follows from a gateway's report."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from shopcore.aftersales.model import Stopped
from shopcore.kernel.actor import Actor, Customer, Guest, Integration, Own, Staff, System, permit, require_scope
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.kernel.sealing import token_hash
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import OrderNotFound
from shopcore.ordering.model import Order
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import AmountNotSupported, GatewayUnavailable, PaymentNotFound
from shopcore.payments.model import (
    HandPayment,
    Payment,
    PaymentState,
    Report,
    attempt_by_hand,
    charged_by,
    gateway_key,
    has_ended,
    last_word,
    made_by,
    plan_release,
    still_open,
)
from shopcore.payments.ports import HandPayments, PaymentGateway, Payments


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


def check_step(gateways: Mapping[str, PaymentGateway], payment: Payment, amount: Money, field: str) -> None:
    """Raises `AmountNotSupported`, naming the field, for what the gateway that took the money cannot give back: a share
    of a line's price may have a part that it has not, and would be refused for ever.
    """
    gateway = gateways.get(charged_by(payment, None).gateway)
    step = gateway.step(amount.currency) if gateway else 1
    if gateway and amount.amount % step:
        raise AmountNotSupported(field, gateway.name, amount, Money(step, amount.currency))


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
    """Makes sure, outside of any transaction, that a gateway takes nothing any more. What it holds is written down
    first as to be let go: a webhook may be quicker than the answer.
    """

    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, payment: Payment | None) -> Stopped:
        """Every attempt that may still take money, the earliest first, also one that failed: it must not come back to
        life after its order. Where one cannot be stopped, those after it are left as they are.

        Raises `GatewayUnavailable`.
        """
        if payment is None or payment.state is PaymentState.SUCCEEDED:
            return Stopped(attempt=payment.attempt if payment else None)
        stopped = Stopped(attempt=payment.attempt)
        for number in still_open(payment):
            report = await self._stop(payment, number)
            stopped = msgspec.structs.replace(stopped, reports=(*stopped.reports, report))
            if not has_ended(report):
                break
        return stopped

    async def _stop(self, payment: Payment, number: int) -> Report:
        if number == payment.attempt and payment.state is PaymentState.AUTHORIZED:
            change = partial(plan_release, at=self.clock.now())
            payment = await self.unit_of_work(partial(self.payments.update, payment.id, change))
        tried = made_by(payment, number)
        return last_word(await gateway_of(self.gateways, tried).cancel(tried))
