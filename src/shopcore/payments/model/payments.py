"""A payment's life."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.errors import PaymentNotRetryable
from shopcore.payments.model.disputes import Dispute, DisputeState
from shopcore.payments.model.wallets import WalletName


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


class NextAction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the customer has to do: follow `url`, or do what `text` says."""

    type: str
    url: str | None = None
    text: str | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try, by its number: where it was made, and what it is called there. `amount` is what it took, where that is
    not the payment's.
    """

    number: int
    gateway: str
    reference: str | None = None
    amount: Money | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """The intent to be paid for one order. `attempt` counts the tries; each has a key of its own at the gateway.

    `is_assumed` says that the state is the shop's own guess, `processing`, because the gateway did not answer.
    `earlier` are the tries before this one, `closed` the numbers of those that can take nothing any more: their
    gateways have let them go, or have said so when they were asked to; `others` the gateways to turn to while it is
    certain that the present one took nothing. `capturing` is how much of what is held is to be taken, and `captured`
    how much was, where that is not all. `charges` are those that took money: the first pays the order, any other has to
    go back. `wallet` is what the gateway keeps for who pays; with `saves` they have agreed that it keeps this method
    too. Before `quiet_until` there is nothing new to hear. `begun_at` is when the present attempt was written down, if
    not with the payment; `asked_at` when its gateway was last asked to begin it, by whoever went on after a crash or a
    silence. `letting_go` is set before the gateway is asked to let go what it holds. `is_set_by` says that no gateway
    was asked for the present attempt, since none was switched on.
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
    closed: tuple[int, ...] = ()
    charges: tuple[Attempt, ...] = ()
    others: tuple[str, ...] = ()
    capturing: Money | None = None
    captured: Money | None = None
    letting_go: bool = False
    is_set_by: bool = False
    disputes: tuple[Dispute, ...] = ()
    wallet: WalletName | None = None
    saves: bool = False
    quiet_until: datetime | None = None
    begun_at: datetime | None = None
    asked_at: datetime | None = None
    version: int = 1


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of one attempt, in an answer, a look-up or a webhook. `reference` is its own id.

    With `is_assumed` it is what the shop believes, as long as it has heard nothing. Before `quiet_until` there will be
    nothing new unless somebody at the shop brings it about. `is_final` is what a gateway answers that was asked to have
    the attempt take nothing any more: what failed so does not come back to life.
    """

    payment_id: PaymentId
    attempt: int
    state: PaymentState
    amount: Money
    is_assumed: bool = False
    reference: str | None = None
    client_secret: str | None = None
    next_action: NextAction | None = None
    quiet_until: datetime | None = None
    failure: str | None = None
    is_final: bool = False


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

    A report of an earlier attempt counts only if it says that money was taken, or that none can be. Money that was
    taken is taken, however much it is: less, or more, than was asked for is what was `captured`. Another amount that is
    only held is not what was asked for, and money of another currency is none of this payment: both leave it as it is.
    Money of a second attempt changes no state, but is one more of the `charges`.
    """
    payment = _with_end(payment, report)
    if report.attempt != payment.attempt and report.state is not PaymentState.SUCCEEDED:
        return payment
    if not _is_of(payment, report):
        return payment
    if report.state is PaymentState.SUCCEEDED:
        payment = _with_charge(payment, report)
    if _RANK[report.state] <= _rank_of_what_was_heard(payment) or (report.is_assumed and _has_begun(payment)):
        return payment
    if report.state is PaymentState.SUCCEEDED and report.amount != payment.amount:
        payment = msgspec.structs.replace(payment, captured=report.amount)
    return msgspec.structs.replace(
        payment,
        state=report.state,
        is_assumed=report.is_assumed,
        reference=(report.reference if report.attempt == payment.attempt else None) or payment.reference,
        client_secret=report.client_secret if report.state is PaymentState.REQUIRES_ACTION else None,
        next_action=report.next_action if report.state is PaymentState.REQUIRES_ACTION else None,
        quiet_until=report.quiet_until,
        failure=report.failure,
        updated_at=at,
    )


def _is_of(payment: Payment, report: Report) -> bool:
    """Whether the money that it speaks of, if it does, is this payment's."""
    match report.state:
        case PaymentState.SUCCEEDED:
            return report.amount.currency == payment.amount.currency
        case PaymentState.AUTHORIZED:
            return report.amount == payment.amount
        case _:
            return True


def take_dispute_in(payment: Payment, dispute: Dispute, at: datetime) -> Payment:
    """Write a dispute down, monotonically: what is decided stays decided, whatever comes late, twice or reordered."""
    known = {each.id: each for each in payment.disputes}
    before = known.get(dispute.id)
    if before is not None and (before.state is not DisputeState.OPEN or dispute.state is DisputeState.OPEN):
        return payment
    return msgspec.structs.replace(payment, disputes=tuple((known | {dispute.id: dispute}).values()), updated_at=at)


def taken(payment: Payment) -> Money:
    """What a payment that has succeeded has brought."""
    return payment.captured or payment.amount


def asked_for(payment: Payment) -> Money:
    """What the shop would have its gateway take: all of it, or the part that was planned."""
    return payment.capturing or payment.amount


def ask_again(payment: Payment, attempt: int, at: datetime) -> Payment:
    """Written down before a gateway is asked once more to begin an attempt: it may have made it only then, and from
    here on nobody turns to another gateway. Raises `PaymentNotRetryable` where somebody has, or begun another try, or
    set it by, so that any of its gateways may be asked.
    """
    if payment.attempt != attempt or payment.is_set_by:
        raise PaymentNotRetryable(payment.state.value)
    return msgspec.structs.replace(payment, asked_at=at)


def begun_between(payment: Payment) -> tuple[datetime, datetime]:
    """When its gateway was first and last asked to begin the present attempt."""
    first = payment.begun_at or payment.created_at
    return first, max(first, payment.asked_at or first)


def asked_about(payment: Payment, at: datetime) -> Payment:
    """It was asked about, whatever came of that: the next look is at others first. What the gateway has said already it
    will mostly change by itself, and say so: where it stood as it did, it is left alone for as long again, up to an
    hour. An answer that was lost is asked for again at once.
    """
    quiet = payment.quiet_until
    if payment.state in OPEN and not payment.is_assumed:
        quiet = max(at + min(at - payment.updated_at, _LONGEST_QUIET), quiet or at)
    return msgspec.structs.replace(payment, updated_at=at, quiet_until=quiet)


_LONGEST_QUIET = timedelta(hours=1)


def to_ask_from(payment: Payment) -> datetime:
    """From when on it has not been heard of for too long."""
    return max(payment.updated_at, payment.quiet_until or payment.updated_at)


def _rank_of_what_was_heard(payment: Payment) -> int:
    return _RANK[PaymentState.REQUIRES_PAYMENT if payment.is_assumed else payment.state]


def _has_begun(payment: Payment) -> bool:
    return payment.state is not PaymentState.REQUIRES_PAYMENT


def _with_end(payment: Payment, report: Report) -> Payment:
    """What is void is over; what has failed may be tried again, on a page that is open still, until it was closed."""
    is_over = report.state is PaymentState.VOIDED or (report.is_final and report.state is PaymentState.FAILED)
    if not is_over or report.attempt in payment.closed:
        return payment
    return msgspec.structs.replace(payment, closed=(*payment.closed, report.attempt))


def _with_charge(payment: Payment, report: Report) -> Payment:
    if any(charge.number == report.attempt for charge in payment.charges):
        return payment
    tried = attempt_of(payment, report.attempt)
    amount = None if report.amount == payment.amount else report.amount
    charge = msgspec.structs.replace(tried, reference=report.reference or tried.reference, amount=amount)
    return msgspec.structs.replace(payment, charges=(*payment.charges, charge))


def attempt_of(payment: Payment, number: int) -> Attempt:
    """One of the payment's tries; one that it does not know of was made where the present one is."""
    current = Attempt(number=payment.attempt, gateway=payment.gateway, reference=payment.reference)
    known = next((tried for tried in (current, *payment.earlier) if tried.number == number), None)
    return known or Attempt(number=number, gateway=payment.gateway)
