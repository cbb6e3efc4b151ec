"""The double-entry ledger: what is posted, and the entries that more than one process posts."""

from collections import Counter
from collections.abc import Iterable, Sequence
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


SALE = "sale/"
"""How the keys of entries begin that record a sale."""

UNASKED = "unasked/"
"""How the keys of entries begin of what a gateway has taken less, or more, than it was asked for."""


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One side of an entry; `amount` above zero is a debit, below a credit."""

    account: Account
    amount: Money


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """Debits less credits of one account in one currency over a time, of those entries that name a gateway, or none.

    `is_sale` tells what was sold from what followed: of a refund, the tax is posted to the same account.
    """

    account: Account
    gateway: str | None
    amount: Money
    is_sale: bool = False


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to money. `key` names it (`paid/<payment>`), so it can be posted only once.

    `gateway` is the one whose clearing account it touches, or that took another amount than it was asked for
    (`UNASKED`); None for all else. A free order has no payment.
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
    return entry(f"{SALE}{order_id}", at, order_id, payment_id, postings)


def with_tax(new: JournalEntry, known: Iterable[JournalEntry]) -> JournalEntry:
    """An entry of what went back, was waived or was lost, with the tax in it posted as tax; `known` are those of its
    order. One of an order whose sale is not among them stays as it is.

    The tax is in the proportion of the sale's, rounded down as it adds up: all that went back has, at any time, the tax
    of that much, and all of it when all has gone back. What comes back takes the tax back,
    and what was taken beyond the sale has none.
    """
    known = list(known)
    sold = next((one for one in known if one.key.startswith(SALE)), None)
    part = _sum(Account.REFUND, [new])
    if sold is None or part is None or part.currency != sold.postings[0].amount.currency:
        return new
    total, tax = _sum(Account.RECEIVABLE, [sold]), _sum(Account.TAX, [sold])
    if total is None or tax is None:
        return new
    later = [one for one in known if not one.key.startswith(SALE) and one.postings[0].amount.currency == part.currency]
    before = sum(each.amount for account in _GIVEN_UP if (each := _sum(account, later)))
    so_far = [-tax.amount * min(max(each, 0), total.amount) // total.amount for each in (before, before + part.amount)]
    of_it = Money(so_far[1] - so_far[0], part.currency)
    others = ((one.account, one.amount) for one in new.postings if one.account is not Account.REFUND)
    sides = [*others, (Account.REFUND, part - of_it), (Account.TAX, of_it)]
    return entry(new.key, new.at, new.order_id, new.payment_id, sides, new.gateway)


_GIVEN_UP = (Account.REFUND, Account.TAX)


def _sum(account: Account, entries: Iterable[JournalEntry]) -> Money | None:
    """What was posted there, of entries in one currency; None for nothing."""
    found = [each.amount for one in entries for each in one.postings if each.account is account]
    return sum(found[1:], found[0]) if found else None
