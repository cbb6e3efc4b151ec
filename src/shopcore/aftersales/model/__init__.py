"""What follows from money that came or went: journal entries and refunds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.errors import FieldError, InvalidInput
from shopcore.kernel.ids import JobId, OrderId, PaymentId, RefundId, VariantId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.ordering.model import (
    Order,
    OrderLine,
    OrderStatus,
    Refund,
    RefundLine,
    RefundStatus,
    brings_back,
    refunded_units,
    returned_units,
)
from shopcore.payments.model import (
    OPEN,
    UNASKED,
    Account,
    Attempt,
    Dispute,
    JournalEntry,
    Payment,
    PaymentState,
    PaymentTotal,
    Report,
    asked_for,
    charged_by,
    entry,
    taken,
)
from shopcore.pricing.model import Quote, prices_paid

LONGEST_REASON = 500


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway said when it was asked to take no money any more; None where there was nothing to stop."""

    report: Report | None = None

    @property
    def is_certain(self) -> bool:
        """Whether the attempt has ended, one way or the other."""
        return self.report is None or self.report.state not in OPEN

    def holds_for(self, payment: Payment | None) -> bool:
        """Whether it still says all: no other attempt was begun since, and money that it tells of is in the books."""
        if payment is None or self.report is None or payment.state is PaymentState.SUCCEEDED:
            return True
        if self.report.state is PaymentState.SUCCEEDED:
            return False
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


class PaymentsReport(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the payments of a span of time, and the sums of all of them."""

    since: datetime
    until: datetime
    payments: tuple[Payment, ...]
    totals: tuple[PaymentTotal, ...]
    next_cursor: str | None


def received(payment: Payment, at: datetime) -> JournalEntry:
    """The gateway holds the money; the customer owes nothing more."""
    return _taken(payment, taken(payment), f"paid/{payment.id}", charged_by(payment, None).gateway, at)


def waived(payment: Payment, at: datetime) -> Sequence[JournalEntry]:
    """What was not taken, the customer does not owe any more: as if it had been given back. What was taken beyond is
    the reverse of that: it is owed to them, until its refund is posted. What staff had not asked to leave is an entry
    of its own, by which a reconciliation finds it.
    """
    charge, wanted = charged_by(payment, None), asked_for(payment)
    planned = _waived(f"waived/{payment.id}", payment, payment.amount - wanted, at)
    unasked = _waived(f"{UNASKED}{payment.id}", payment, wanted - taken(payment), at, charge.gateway)
    return [one for one in (planned, unasked) if one.postings]


def _waived(key: str, payment: Payment, left: Money, at: datetime, gateway: str | None = None) -> JournalEntry:
    postings = [(Account.REFUND, left), (Account.RECEIVABLE, -left)]
    return entry(key, at, payment.order_id, payment.id, postings, gateway)


def received_again(payment: Payment, charge: Attempt, at: datetime) -> JournalEntry:
    """The gateway holds money once more, and the shop owes it to the customer."""
    amount = charge.amount or payment.amount
    return _taken(payment, amount, f"paid/{payment.id}/{charge.number}", charge.gateway, at)


def _taken(payment: Payment, amount: Money, key: str, gateway: str, at: datetime) -> JournalEntry:
    postings = [(Account.CLEARING, amount), (Account.RECEIVABLE, -amount)]
    return entry(key, at, payment.order_id, payment.id, postings, gateway)


def given_back(payment: Payment, refund: Refund, at: datetime) -> JournalEntry:
    """The gateway gave money back: of the sale, or what it should never have taken."""
    reason = Account.REFUND if refund.attempt is None else Account.RECEIVABLE
    postings = [(reason, refund.amount), (Account.CLEARING, -refund.amount)]
    gateway = charged_by(payment, refund.attempt).gateway
    return entry(f"refund/{refund.id}", at, payment.order_id, payment.id, postings, gateway)


def refund_undone(payment: Payment, refund: Refund, at: datetime) -> JournalEntry:
    """Money that went back came back: the reverse of `given_back`."""
    given = given_back(payment, refund, at)
    postings = [(posting.account, -posting.amount) for posting in given.postings]
    return entry(f"refund-undone/{refund.id}", at, payment.order_id, payment.id, postings, given.gateway)


def disputed(payment: Payment, dispute: Dispute, at: datetime) -> JournalEntry:
    """The bank has taken the money back, until it has decided."""
    postings = [(Account.DISPUTE, dispute.amount), (Account.CLEARING, -dispute.amount)]
    gateway = charged_by(payment, dispute.attempt).gateway
    return entry(f"dispute/{dispute.id}", at, payment.order_id, payment.id, postings, gateway)


def dispute_won(payment: Payment, dispute: Dispute, at: datetime) -> JournalEntry:
    """The bank has decided for the shop: the money is there again."""
    key, postings = (
        f"dispute-won/{dispute.id}",
        [(Account.CLEARING, dispute.amount), (Account.DISPUTE, -dispute.amount)],
    )
    gateway = charged_by(payment, dispute.attempt).gateway
    return entry(key, at, payment.order_id, payment.id, postings, gateway)


def dispute_lost(payment: Payment, dispute: Dispute, at: datetime) -> JournalEntry:
    """The bank has decided for the customer: it is as if the money had been given back."""
    reason = Account.REFUND if dispute.attempt is None else Account.RECEIVABLE
    postings = [(reason, dispute.amount), (Account.DISPUTE, -dispute.amount)]
    return entry(f"dispute-lost/{dispute.id}", at, payment.order_id, payment.id, postings)


class WantedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of what an order has, for which money is to go back."""

    variant_id: VariantId
    quantity: int


def refund_lines(order: Order, wanted: Sequence[WantedLine]) -> tuple[tuple[RefundLine, ...], Money]:
    """The lines of a refund, and what was paid for them: each unit once, and all units of a line come to its price.

    Raises `InvalidInput` naming each that the order has not, or not so many of any more.
    """
    known = {line.variant_id: line for line in order.lines}
    problems = [
        FieldError(field=f"lines/{index}/{field}", code=code, message=message)
        for index, line in enumerate(wanted)
        for field, code, message in _wrong_with(line, order, known, wanted[:index])
    ]
    if problems:
        raise InvalidInput(*problems)
    quoted = msgspec.json.decode(order.explanation, type=Quote)
    prices = dict(zip((line.line.variant_id for line in quoted.lines), prices_paid(quoted), strict=True))
    lines = tuple(
        RefundLine(variant_id=line.variant_id, sku=known[line.variant_id].sku, quantity=line.quantity)
        for line in wanted
    )
    worth = (_worth(order, line, prices[line.variant_id], known[line.variant_id].quantity) for line in lines)
    return lines, sum(worth, Money.zero(order.totals.total.currency))


def _wrong_with(
    line: WantedLine, order: Order, known: Mapping[VariantId, OrderLine], before: Sequence[WantedLine]
) -> Iterator[tuple[str, str, str]]:
    bought = known.get(line.variant_id)
    if bought is None:
        yield "variant_id", "not_ordered", "must be of this order"
    elif any(other.variant_id == line.variant_id for other in before):
        yield "variant_id", "duplicate", "must be named once"
    else:
        left = bought.quantity - refunded_units(order, line.variant_id)
        if not 0 < line.quantity <= left:
            yield "quantity", "out_of_range", f"must be from 1 to {left}" if left else "is refunded already"


def _worth(order: Order, line: RefundLine, price: Money, units: int) -> Money:
    """The first k of n units come to k parts of the line's price, rounded down; less those that went back before."""
    before = refunded_units(order, line.variant_id)
    parts = [price.amount * count // units for count in (before, before + line.quantity)]
    return Money(parts[1] - parts[0], price.currency)


def refund_of_the_rest(payment: Payment, left: Money, reason: str, at: datetime) -> Refund:
    """All that was not given back yet; its id is made of the payment's, so that asking twice is asking once."""
    return Refund(id=RefundId(f"{payment.id}-all"), payment_id=payment.id, amount=left, reason=reason, requested_at=at)


def refund_of_excess(payment: Payment, at: datetime) -> Refund | None:
    """What was taken beyond what was asked for, if anything was."""
    excess = taken(payment) - asked_for(payment)
    if excess.amount <= 0:
        return None
    return Refund(
        id=RefundId(f"{payment.id}-over"),
        payment_id=payment.id,
        amount=excess,
        reason="more was taken than was asked for",
        requested_at=at,
    )


def refund_of_second_charge(payment: Payment, charge: Attempt, at: datetime) -> Refund:
    """All that another attempt took for what was paid already."""
    return Refund(
        id=RefundId(f"{payment.id}-{charge.number}"),
        payment_id=payment.id,
        amount=charge.amount or payment.amount,
        reason="charged a second time",
        requested_at=at,
        attempt=charge.number,
    )


def resolving_job(payment_id: PaymentId, heard_of: datetime, now: datetime) -> NewJob:
    """Look up what became of a payment that was not heard of since."""
    key = f"resolve/{payment_id}/{heard_of.isoformat()}/{turn_of(now - heard_of)}"
    return NewJob(kind="resolve_payment", payload={"payment_id": payment_id}, unique_key=key)


def expiring_job(order_id: OrderId, expired_at: datetime, now: datetime) -> NewJob:
    """End an order whose time to pay is over."""
    key = f"expire/{order_id}/{turn_of(now - expired_at)}"
    return NewJob(kind="expire_order", payload={"order_id": order_id}, unique_key=key)


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
    back = (refund for refund in order.refunds if brings_back(refund) and refund.status is not RefundStatus.REQUESTED)
    return any(not refund.lines for refund in back)


def check_restock(order: Order, lines: Sequence[RefundLine]) -> None:
    """Raises `InvalidInput` for goods that have not left, or that are on the shelf again, all or some of them: whatever
    has become of the money since.
    """
    if order.status is OrderStatus.PROCESSING:
        raise InvalidInput.of("restock", "not_shipped", "must not be set before shipping: cancel the order")
    back = [refund for refund in order.refunds if brings_back(refund)]
    bought = {line.variant_id: line.quantity for line in order.lines}
    are_all_back = order.status is OrderStatus.CANCELLED or any(not refund.lines for refund in back)
    if any(
        are_all_back or line.quantity > bought[line.variant_id] - returned_units(order, line.variant_id)
        for line in lines
    ):
        raise InvalidInput.of("restock", "restocked", "must not be set: these goods are on the shelf again")
    if not lines and any(refund.lines for refund in back):
        raise InvalidInput.of("restock", "lines_required", "must come with lines: some goods are on the shelf again")


def checked_reason(reason: str, field: str = "reason") -> str:
    """The reason itself, or `InvalidInput`: it stands in the order's timeline, for its customer to read."""
    if len(reason) > LONGEST_REASON:
        raise InvalidInput.of(field, "too_long", f"must be at most {LONGEST_REASON} characters")
    return reason
