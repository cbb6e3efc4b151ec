"""What the ledger is told of money that came or went."""

from collections.abc import Sequence
from datetime import datetime

from shopcore.kernel.money import Money
from shopcore.ordering.model import (
    Refund,
)
from shopcore.payments.model import (
    UNASKED,
    Account,
    Attempt,
    Dispute,
    JournalEntry,
    Payment,
    asked_for,
    charged_by,
    entry,
    taken,
)


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
