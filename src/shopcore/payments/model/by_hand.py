"""Money that no machine sees: a person at the shop says that it has come, or has been given back."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from shopcore.kernel.ids import OrderId, PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.errors import NotByHand
from shopcore.payments.model.movements import Movement, MovementKind
from shopcore.payments.model.payments import NextAction, Payment, PaymentState, Report, gateway_key

MANUAL = "manual"
"""The gateway's name."""

BANK_TRANSFER = "bank_transfer"
CASH_ON_DELIVERY = "cash_on_delivery"


class HandRefund(msgspec.Struct, frozen=True, kw_only=True):
    """What the shop owes the payer, or has given back: then it says when."""

    id: RefundId
    amount: Money
    asked_at: datetime
    given_at: datetime | None = None


class HandPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to pay by transfer or at the door, under its key (`gateway_key`), which is its reference too.

    It waits (`requires_action`), or is promised (`authorized`: the goods go first), until staff say what became of it.
    """

    key: str
    payment_id: PaymentId
    attempt: int
    order_id: OrderId
    amount: Money
    method: str
    state: PaymentState
    at: datetime
    lapses_at: datetime
    taken: Money | None = None
    taken_at: datetime | None = None
    failure: str | None = None
    refunds: tuple[HandRefund, ...] = ()
    version: int = 1


def opened(payment: Payment, method: str, at: datetime, lapses_at: datetime) -> HandPayment:
    """The present attempt, as it begins."""
    promised = method == CASH_ON_DELIVERY
    return HandPayment(
        key=gateway_key(payment.id, payment.attempt),
        payment_id=payment.id,
        attempt=payment.attempt,
        order_id=payment.order_id,
        amount=payment.amount,
        method=method,
        state=PaymentState.AUTHORIZED if promised else PaymentState.REQUIRES_ACTION,
        at=at,
        lapses_at=lapses_at,
    )


def received_by_hand(one: HandPayment, at: datetime, amount: Money | None = None) -> HandPayment:
    """The money came, once: all of it unless a part is named. Also what had been given up: money that is there is
    there.
    """
    if one.state is PaymentState.SUCCEEDED:
        return one
    taken = amount or one.amount
    return msgspec.structs.replace(one, state=PaymentState.SUCCEEDED, taken=taken, taken_at=at, failure=None)


def let_go(one: HandPayment) -> HandPayment:
    """Nobody waits for it any more; what is over stays as it ended."""
    waits = one.state in {PaymentState.REQUIRES_ACTION, PaymentState.AUTHORIZED}
    return msgspec.structs.replace(one, state=PaymentState.VOIDED) if waits else one


def not_received(one: HandPayment) -> HandPayment:
    """It is not going to come: the buyer may pay in another way. What was promised is let go; what is over stays."""
    if one.state is PaymentState.REQUIRES_ACTION:
        return msgspec.structs.replace(one, state=PaymentState.FAILED, failure="not_received")
    return let_go(one)


def owed(one: HandPayment, refund_id: RefundId, amount: Money, at: datetime) -> HandPayment:
    """Write down, once, that so much is to go back; never more in all than came, and only in its own currency."""
    if refund_of_hand(one, refund_id) is not None or one.taken is None or amount.currency != one.taken.currency:
        return one
    if sum(each.amount.amount for each in one.refunds) + amount.amount > one.taken.amount:
        return one
    return msgspec.structs.replace(one, refunds=(*one.refunds, HandRefund(id=refund_id, amount=amount, asked_at=at)))


def given_by_hand(one: HandPayment, refund_id: RefundId, at: datetime) -> HandPayment:
    """A person has given it back; what was given stays given."""
    refunds = tuple(
        msgspec.structs.replace(each, given_at=at) if each.id == refund_id and each.given_at is None else each
        for each in one.refunds
    )
    return msgspec.structs.replace(one, refunds=refunds)


def refund_of_hand(one: HandPayment, refund_id: RefundId) -> HandRefund | None:
    """The refund of that name, if there is one."""
    return next((each for each in one.refunds if each.id == refund_id), None)


def report_by_hand(one: HandPayment, details: str | None = None) -> Report:
    """How it stands. While it waits, its buyer is told where to pay, and there is no news before it lapses."""
    waits = one.state is PaymentState.REQUIRES_ACTION
    return Report(
        payment_id=one.payment_id,
        attempt=one.attempt,
        state=one.state,
        amount=one.taken or one.amount,
        reference=one.key,
        next_action=NextAction(type=one.method, text=details) if waits else None,
        quiet_until=one.lapses_at if waits else None,
        failure=one.failure,
    )


def moved_by_hand(one: HandPayment) -> Iterator[Movement]:
    """What came and what went back of it, as gateways list it. There are no fees."""
    if one.taken is None or one.taken_at is None:
        return
    yield _movement(one, MovementKind.CHARGE, one.taken, one.taken_at, one.key, None)
    for each in one.refunds:
        if each.given_at is not None:
            yield _movement(one, MovementKind.REFUND, each.amount, each.given_at, each.id, each.id)


def _movement(
    one: HandPayment, kind: MovementKind, amount: Money, at: datetime, subject: str, refund_id: RefundId | None
) -> Movement:
    return Movement(
        id=f"{kind}/{subject}",
        kind=kind,
        amount=amount,
        fee=Money.zero(amount.currency),
        at=at,
        charge=one.key,
        subject=subject,
        payment_id=one.payment_id,
        attempt=one.attempt,
        refund_id=refund_id,
    )


def moments_of(one: HandPayment) -> tuple[datetime, ...]:
    """When something moved, in any order; nothing for what never came."""
    return tuple(each.at for each in moved_by_hand(one))


def is_promised(payment: Payment | None) -> bool:
    """Whether it is paid at the door, so that the goods go first."""
    return payment is not None and payment.gateway == MANUAL and payment.state is PaymentState.AUTHORIZED


def attempt_by_hand(payment: Payment) -> int:
    """The latest try that was to be paid by hand. Raises `NotByHand`."""
    tries = [tried.number for tried in payment.earlier if tried.gateway == MANUAL]
    if payment.gateway == MANUAL:
        return payment.attempt
    if not tries:
        raise NotByHand(payment.gateway)
    return max(tries)
