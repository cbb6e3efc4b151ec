"""What follows from money that came or went: journal entries and refunds."""

from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import JobId, PaymentId, RefundId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.ordering.model import Order, Refund, RefundStatus
from shopcore.payments.model import (
    OPEN,
    Account,
    Attempt,
    JournalEntry,
    Payment,
    PaymentState,
    Report,
    charged_by,
    entry,
)

LONGEST_REASON = 500


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway said when it was asked to take no money any more; None where there was nothing to stop."""

    report: Report | None = None

    @property
    def is_certain(self) -> bool:
        """Whether the attempt has ended, one way or the other."""
        return self.report is None or self.report.state not in OPEN

    def holds_for(self, payment: Payment | None) -> bool:
        """Whether it still says all: no other attempt was begun since."""
        if payment is None or self.report is None or payment.state is PaymentState.SUCCEEDED:
            return True
        return payment.attempt == self.report.attempt


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a report made of a payment, and of its order where the report changed that too."""

    payment: Payment
    order: Order | None = None


class WebhookAtWork(msgspec.Struct, frozen=True, kw_only=True):
    """Something a gateway said, and how far the shop has come with it. No personal values."""

    job_id: JobId
    gateway: str
    event_id: str
    type: str
    payment_id: PaymentId | None
    says: PaymentState | None
    received_at: datetime
    state: str
    attempts: int
    last_error: str | None


def received(payment: Payment, at: datetime) -> JournalEntry:
    """The gateway holds the money; the customer owes nothing more."""
    return _taken(payment, f"paid/{payment.id}", charged_by(payment, None).gateway, at)


def received_again(payment: Payment, charge: Attempt, at: datetime) -> JournalEntry:
    """The gateway holds the same sum once more, and the shop owes it to the customer."""
    return _taken(payment, f"paid/{payment.id}/{charge.number}", charge.gateway, at)


def _taken(payment: Payment, key: str, gateway: str, at: datetime) -> JournalEntry:
    postings = [(Account.CLEARING, payment.amount), (Account.RECEIVABLE, -payment.amount)]
    return entry(key, at, payment.order_id, payment.id, postings, gateway)


def given_back(payment: Payment, refund: Refund, at: datetime) -> JournalEntry:
    """The gateway gave money back: of the sale, or what it should never have taken."""
    reason = Account.REFUND if refund.attempt is None else Account.RECEIVABLE
    postings = [(reason, refund.amount), (Account.CLEARING, -refund.amount)]
    gateway = charged_by(payment, refund.attempt).gateway
    return entry(f"refund/{refund.id}", at, payment.order_id, payment.id, postings, gateway)


def disputed(payment: Payment, dispute_id: str, amount: Money, at: datetime) -> JournalEntry:
    """The bank has taken the money back, until it has decided."""
    postings = [(Account.DISPUTE, amount), (Account.CLEARING, -amount)]
    return entry(f"dispute/{dispute_id}", at, payment.order_id, payment.id, postings, charged_by(payment, None).gateway)


def dispute_won(payment: Payment, dispute_id: str, amount: Money, at: datetime) -> JournalEntry:
    """The bank has decided for the shop: the money is there again."""
    key, postings = f"dispute-won/{dispute_id}", [(Account.CLEARING, amount), (Account.DISPUTE, -amount)]
    return entry(key, at, payment.order_id, payment.id, postings, charged_by(payment, None).gateway)


def dispute_lost(payment: Payment, dispute_id: str, amount: Money, at: datetime) -> JournalEntry:
    """The bank has decided for the customer: it is as if the money had been given back."""
    postings = [(Account.REFUND, amount), (Account.DISPUTE, -amount)]
    return entry(f"dispute-lost/{dispute_id}", at, payment.order_id, payment.id, postings)


def refund_of_the_rest(payment: Payment, left: Money, reason: str, at: datetime) -> Refund:
    """All that was not given back yet; its id is made of the payment's, so that asking twice is asking once."""
    return Refund(id=RefundId(f"{payment.id}-all"), payment_id=payment.id, amount=left, reason=reason, requested_at=at)


def refund_of_second_charge(payment: Payment, charge: Attempt, at: datetime) -> Refund:
    """All that another attempt took for what was paid already."""
    return Refund(
        id=RefundId(f"{payment.id}-{charge.number}"),
        payment_id=payment.id,
        amount=payment.amount,
        reason="charged a second time",
        requested_at=at,
        attempt=charge.number,
    )


def paid_amount(payment: Payment | None, currency: str) -> Money:
    """What has been taken for an order."""
    if payment is None or payment.state is not PaymentState.SUCCEEDED:
        return Money.zero(currency)
    return payment.amount


def resolving_job(payment: Payment, now: datetime) -> NewJob:
    """Look up what became of a payment that was not heard of since its last change."""
    key = f"resolve/{payment.id}/{payment.updated_at.isoformat()}/{turn_of(now - payment.updated_at)}"
    return NewJob(kind="resolve_payment", payload={"payment_id": payment.id}, unique_key=key)


def expiring_job(order: Order, now: datetime) -> NewJob:
    """End an order whose time to pay is over."""
    key = f"expire/{order.id}/{turn_of(now - order.expires_at)}"
    return NewJob(kind="expire_order", payload={"order_id": order.id}, unique_key=key)


def turn_of(waited: timedelta) -> int:
    """Which turn it is, for something that has been overdue for so long.

    Turns come after 15 seconds, 30, one minute, two, four, and then every eight minutes. A job that fails is tried
    again by the queue: a job for each sweep would drown a gateway that comes back after an hour.
    """
    spans = waited // timedelta(seconds=15)
    return spans.bit_length() if spans < _LONGEST_TURN else _LONGEST_TURN.bit_length() + spans // _LONGEST_TURN


_LONGEST_TURN = 32  # in spans of 15 seconds


def has_come_back(order: Order) -> bool:
    """Whether its goods are on the shelf again, so that there is nothing to take from it for this order any more."""
    return any(refund.restock and refund.status is RefundStatus.DONE for refund in order.refunds)


def checked_reason(reason: str) -> str:
    """The reason itself, or `InvalidInput`: it stands in the order's timeline, for its customer to read."""
    if len(reason) > LONGEST_REASON:
        raise InvalidInput.of("reason", "too_long", f"must be at most {LONGEST_REASON} characters")
    return reason
