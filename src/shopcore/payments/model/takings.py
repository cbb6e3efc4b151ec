"""What the ledger has of the money of one order."""

from collections.abc import Iterable

import msgspec

from shopcore.kernel.money import Money
from shopcore.payments.model.ledger import SALE, Account, JournalEntry


class Takings(msgspec.Struct, frozen=True, kw_only=True):
    """What its payment has brought, what of that went back, and what a bank took back for good. A further charge, which
    goes back whole, is no part of it.
    """

    taken: Money
    refunded: Money
    lost: Money

    @property
    def gone(self) -> Money:
        """What the shop does not have any more."""
        return self.refunded + self.lost


def takings(entries: Iterable[JournalEntry], currency: str) -> Takings | None:
    """A sum over the entries of one order, which is in that currency; None before it is sold. What a bank took back in
    another currency is in no such sum.
    """
    entries = list(entries)
    if not any(one.key.startswith(SALE) for one in entries):
        return None
    own = [one for one in entries if not any(each.account is Account.RECEIVABLE for each in one.postings)]
    return Takings(
        taken=_sum(Account.CLEARING, [one for one in entries if one.key == f"paid/{one.payment_id}"], currency),
        refunded=-_sum(Account.CLEARING, [one for one in own if one.key.startswith(_REFUNDS)], currency),
        lost=-_sum(Account.DISPUTE, [one for one in own if one.key.startswith(_LOST)], currency),
    )


_REFUNDS = ("refund/", "refund-undone/")
_LOST = "dispute-lost/"


def _sum(account: Account, entries: Iterable[JournalEntry], currency: str) -> Money:
    found = (each.amount for one in entries for each in one.postings if each.account is account)
    return sum((amount for amount in found if amount.currency == currency), Money.zero(currency))
