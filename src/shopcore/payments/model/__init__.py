"""A payment's life, and the books."""

from shopcore.payments.model.ledger import Account, JournalEntry, Posting, Total, entry, sale
from shopcore.payments.model.payments import (
    OPEN,
    Attempt,
    NextAction,
    Payment,
    PaymentState,
    PaymentTotal,
    Report,
    attempt_of,
    charged_by,
    gateway_key,
    record,
    try_again,
    unanswered,
)

__all__ = [
    "OPEN",
    "Account",
    "Attempt",
    "JournalEntry",
    "NextAction",
    "Payment",
    "PaymentState",
    "PaymentTotal",
    "Posting",
    "Report",
    "Total",
    "attempt_of",
    "charged_by",
    "entry",
    "gateway_key",
    "record",
    "sale",
    "try_again",
    "unanswered",
]
