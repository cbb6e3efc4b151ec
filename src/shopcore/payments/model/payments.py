"""A payment's life."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.errors import PaymentNotRetryable


class PaymentState(StrEnum):
    """Where the money stands, in the order in which it moves on."""

    REQUIRES_PAYMENT = "requires_payment"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    VOIDED = "voided"


_RANK: Mapping[PaymentState, int] = MappingProxyType(
    {
        PaymentState.REQUIRES_PAYMENT: 0,
        PaymentState.REQUIRES_ACTION: 1,
        PaymentState.PROCESSING: 2,
        PaymentState.FAILED: 3,
        PaymentState.AUTHORIZED: 4,
        PaymentState.VOIDED: 5,
        PaymentState.SUCCEEDED: 6,
    }
)
"""A report never takes a payment down in rank: late and reordered ones change nothing. Money taken outranks all. Money
that was held may be let go, and what is void holds none again.
"""

OPEN = frozenset({PaymentState.REQUIRES_PAYMENT, PaymentState.REQUIRES_ACTION, PaymentState.PROCESSING})
"""States in which the gateway may still take money."""


class NextAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer has to do, such as follow `url`."""

    type: str
    url: str


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try, by its number: where it was made, and what it is called there."""

    number: int
    gateway: str
    reference: str | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """The intent to be paid for one order. `attempt` counts the tries; each has a key of its own at the gateway.

    `is_assumed` says that the state is the shop's own guess, `processing`, because the gateway did not answer.
    `earlier` are the tries before this one. `charges` are those that took money: the first pays the order, any other
    has to go back.
    """

    id: PaymentId
    order_id: OrderId
    gateway: str
    method: str | None
    amount: Money
    created_at: datetime
    updated_at: datetime
    return_url: str | None = None
    attempt: int = 1
    state: PaymentState = PaymentState.REQUIRES_PAYMENT
    is_assumed: bool = False
    reference: str | None = None
    client_secret: str | None = None
    next_action: NextAction | None = None
    failure: str | None = None
    earlier: tuple[Attempt, ...] = ()
    charges: tuple[Attempt, ...] = ()
    version: int = 1


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of one attempt, in an answer, a look-up or a webhook. `reference` is its own id.

    With `is_assumed` it is what the shop believes, as long as it has heard nothing.
    """

    payment_id: PaymentId
    attempt: int
    state: PaymentState
    amount: Money
    is_assumed: bool = False
    reference: str | None = None
    client_secret: str | None = None
    next_action: NextAction | None = None
    failure: str | None = None


def unanswered(payment: Payment) -> Report:
    """What the shop believes of a payment whose gateway did not answer: nothing that the first word would not undo."""
    return Report(
        payment_id=payment.id,
        attempt=payment.attempt,
        state=PaymentState.PROCESSING,
        amount=payment.amount,
        is_assumed=True,
    )


def gateway_key(payment_id: PaymentId, attempt: int) -> str:
    """The idempotency key at the gateway: of the payment and the attempt alone, so it is the same after any crash."""
    return f"{payment_id}:{attempt}"


def record(payment: Payment, report: Report, at: datetime) -> Payment:
    """Take in a report, monotonically: nothing a late, doubled or reordered one says undoes a further state.

    A report of an earlier attempt counts only if it says that money was taken; what it merely holds lapses. One of
    another amount is not believed to have paid: it leaves the payment as it is, for reconciliation to find. Money of a
    second attempt changes no state, but is one more of the `charges`.
    """
    takes_money = report.state in {PaymentState.SUCCEEDED, PaymentState.AUTHORIZED}
    if report.attempt != payment.attempt and report.state is not PaymentState.SUCCEEDED:
        return payment
    if takes_money and report.amount != payment.amount:
        return payment
    if report.state is PaymentState.SUCCEEDED:
        payment = _with_charge(payment, report)
    if _RANK[report.state] <= _rank_of_what_was_heard(payment) or (report.is_assumed and _has_begun(payment)):
        return payment
    return msgspec.structs.replace(
        payment,
        state=report.state,
        is_assumed=report.is_assumed,
        reference=(report.reference if report.attempt == payment.attempt else None) or payment.reference,
        client_secret=report.client_secret if report.state is PaymentState.REQUIRES_ACTION else None,
        next_action=report.next_action if report.state is PaymentState.REQUIRES_ACTION else None,
        failure=report.failure,
        updated_at=at,
    )


def _rank_of_what_was_heard(payment: Payment) -> int:
    return _RANK[PaymentState.REQUIRES_PAYMENT if payment.is_assumed else payment.state]


def _has_begun(payment: Payment) -> bool:
    return payment.state is not PaymentState.REQUIRES_PAYMENT


def _with_charge(payment: Payment, report: Report) -> Payment:
    if any(charge.number == report.attempt for charge in payment.charges):
        return payment
    tried = attempt_of(payment, report.attempt)
    charge = msgspec.structs.replace(tried, reference=report.reference or tried.reference)
    return msgspec.structs.replace(payment, charges=(*payment.charges, charge))


def attempt_of(payment: Payment, number: int) -> Attempt:
    """One of the payment's tries; one that it does not know of was made where the present one is."""
    current = Attempt(number=payment.attempt, gateway=payment.gateway, reference=payment.reference)
    known = next((tried for tried in (current, *payment.earlier) if tried.number == number), None)
    return known or Attempt(number=number, gateway=payment.gateway)


def charged_by(payment: Payment, number: int | None) -> Payment:
    """The payment as the attempt made it that took this money, so that its gateway finds the charge.

    None is the attempt that paid the order.
    """
    charge = next((taken for taken in payment.charges if number in {None, taken.number}), None)
    if charge is None:
        return payment
    return msgspec.structs.replace(payment, attempt=charge.number, gateway=charge.gateway, reference=charge.reference)


def try_again(payment: Payment, gateway: str, method: str | None, return_url: str | None, at: datetime) -> Payment:
    """A new attempt. Raises `PaymentNotRetryable` unless the last one is known to have failed."""
    if payment.state is not PaymentState.FAILED:
        raise PaymentNotRetryable(payment.state.value)
    return msgspec.structs.replace(
        payment,
        gateway=gateway,
        method=method,
        return_url=return_url,
        earlier=(*payment.earlier, attempt_of(payment, payment.attempt)),
        attempt=payment.attempt + 1,
        state=PaymentState.REQUIRES_PAYMENT,
        reference=None,
        failure=None,
        updated_at=at,
    )


class PaymentTotal(msgspec.Struct, frozen=True, kw_only=True):
    """How many payments of a gateway stand so, and what they come to, refunds not deducted."""

    gateway: str
    state: PaymentState
    count: int
    amount: Money
