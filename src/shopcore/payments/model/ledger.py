"""The double-entry ledger: what is posted, and the entries that more than one process posts."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.errors import Unbalanced


class Account(StrEnum):
    """The books. Debits are positive amounts, credits negative ones.

    `RECEIVABLE` is what customers owe (below zero: are owed), `CLEARING` what a gateway holds for the shop, `REVENUE`,
    `SHIPPING` and `TAX` what was sold, `DISCOUNT` and `REFUND` what was not paid for or given back, `FEE` what gateways
    keep, `DISPUTE` what a bank has taken back until it has decided.
    """

    RECEIVABLE = "receivable"
    CLEARING = "clearing"
    REVENUE = "revenue"
    DISCOUNT = "discount"
    SHIPPING = "shipping"
    TAX = "tax"
    REFUND = "refund"
    FEE = "fee"
    DISPUTE = "dispute"


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One side of an entry; `amount` above zero is a debit, below a credit."""

    account: Account
    amount: Money


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """Debits less credits of one account in one currency over a time, of those entries that name a gateway, or none."""

    account: Account
    gateway: str | None
    amount: Money


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to money. `key` names it (`paid/<payment>`), so it can be posted only once.

    `gateway` is the one whose clearing account it touches, None where it touches none. A free order has no payment.
    """

    key: str
    at: datetime
    order_id: OrderId
    payment_id: PaymentId | None
    postings: tuple[Posting, ...]
    gateway: str | None = None


def entry(
    key: str,
    at: datetime,
    order_id: OrderId,
    payment_id: PaymentId | None,
    postings: Sequence[tuple[Account, Money]],
    gateway: str | None = None,
) -> JournalEntry:
    """A balanced entry, without its zero postings. Raises `Unbalanced`."""
    sums: Counter[str] = Counter()
    for _, amount in postings:
        sums[amount.currency] += amount.amount
    if any(sums.values()):
        raise Unbalanced
    kept = tuple(Posting(account=account, amount=amount) for account, amount in postings if amount.amount)
    return JournalEntry(key=key, at=at, order_id=order_id, payment_id=payment_id, postings=kept, gateway=gateway)


def sale(
    order_id: OrderId,
    payment_id: PaymentId | None,
    at: datetime,
    *,
    total: Money,
    discount: Money,
    shipping: Money,
    tax: Money,
) -> JournalEntry:
    """The customer owes the total; it was earned as goods, shipping and tax, less the discount.

    Of an order that costs nothing, that its goods were given away: revenue and discount of the same sum.
    """
    earned = total + discount - shipping - tax
    postings = [
        (Account.RECEIVABLE, total),
        (Account.DISCOUNT, discount),
        (Account.REVENUE, -earned),
        (Account.SHIPPING, -shipping),
        (Account.TAX, -tax),
    ]
    return entry(f"sale/{order_id}", at, order_id, payment_id, postings)
