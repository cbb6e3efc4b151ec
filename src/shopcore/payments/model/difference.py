"""What gateway and books do not agree on, and what is to be done about it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.kernel.ids import OrderId, PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model.disputes import DisputeState
from shopcore.payments.model.ledger import UNASKED
from shopcore.payments.model.movements import MovementKind


class Kind(StrEnum):
    """How the two differ."""

    MISSING = "missing"
    EXTRA = "extra"
    AMOUNT = "different_amount"
    CURRENCY = "wrong_currency"
    DUPLICATE = "duplicate"
    REFUND_ELSEWHERE = "refund_elsewhere"
    FEE = "fee"
    FOREIGN = "not_of_this_shop"


PROPOSALS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.MISSING: "The gateway moved this, and it is not in the books: ask the gateway, take in what it says.",
        Kind.EXTRA: "The books have this, the gateway does not: look there; ship and refund nothing until it is clear.",
        Kind.AMOUNT: "The gateway took another amount: look there, then refund or collect the rest.",
        Kind.CURRENCY: "The gateway has it in another currency: look there, then refund it there and charge anew.",
        Kind.DUPLICATE: "The gateway took this twice for one attempt: refund the second at the gateway.",
        Kind.REFUND_ELSEWHERE: "Somebody gave this back at the gateway: take it into the order and the books.",
        Kind.FEE: "The gateway kept another fee than the books say: post the difference.",
        Kind.FOREIGN: "No payment of this shop: find out who else uses the account, or what a restored store has lost.",
    }
)
"""What to do about each."""

_ONCE = frozenset({Kind.FOREIGN, Kind.CURRENCY})
_MOST_URGENT_FIRST = (
    *(Kind.EXTRA, Kind.AMOUNT, Kind.CURRENCY, Kind.DUPLICATE, Kind.MISSING, Kind.REFUND_ELSEWHERE),
    *(Kind.FOREIGN, Kind.FEE),
)


LONGEST_REASON = 200


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody has seen a difference and lets it be, and why."""

    at: datetime
    by: str
    reason: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on which gateway and books do not agree. `at` is when it arose, on the side that has it.

    `movement` is the gateway's name for it, `subject` that of the refund or dispute that it was `moved` for, `entry`
    the name in the books. With `repairs` the shop mends it by itself. Where it `is_marked` a shop has made its payment:
    another, or this one, whose store was restored from before. `left` is there once a person lets it be.
    """

    kind: Kind
    gateway: str
    at: datetime
    movement: str | None = None
    charge: str | None = None
    entry: str | None = None
    order_id: OrderId | None = None
    payment_id: PaymentId | None = None
    theirs: Money | None = None
    ours: Money | None = None
    refund_id: RefundId | None = None
    attempt: int | None = None
    moved: MovementKind | None = None
    subject: str | None = None
    dispute: DisputeState | None = None
    repairs: bool = False
    is_marked: bool = False
    left: Leave | None = None

    @property
    def id(self) -> str:
        """What a person who has seen it says of which they mean: another amount or kind is another one."""
        seen = self.kind, self.gateway, self.movement, self.entry, self.theirs, self.ours, self.dispute
        return hashlib.sha256(msgspec.json.encode(seen)).hexdigest()[:16]

    @property
    def is_over(self) -> bool:
        """Whether it is told and then left alone: the books have it already as the gateway has, or nothing that anybody
        does makes the two agree.
        """
        return self.kind is Kind.FEE or self.is_told_once or (self.entry or "").startswith(UNASKED)

    @property
    def is_told_once(self) -> bool:
        """Whether it stays as it is for good: what others move through the account, and another currency."""
        return self.kind in _ONCE

    @property
    def name(self) -> str:
        """Which one it is, from one comparison to the next."""
        return f"{self.movement or ''} {self.entry or ''}"

    @property
    def proposal(self) -> str:
        """What to do about it."""
        return PROPOSALS[self.kind]


class ToldOnce(msgspec.Struct, frozen=True, kw_only=True):
    """How many differences of one kind are told for the first time, of which a later comparison says no more, and what
    they come to in one currency. Those that carry the mark of a shop are apart from those of a till, say.
    """

    kind: Kind
    gateway: str
    count: int
    amount: Money
    is_marked: bool = False

    @property
    def what(self) -> str:
        """Its kind, for people."""
        return f"{self.kind} (made by a shop)" if self.is_marked else self.kind.value


def told_once(told: Sequence[ToldOnce], found: Iterable[Difference]) -> tuple[ToldOnce, ...]:
    """With these besides."""
    sums = {(one.gateway, one.kind, one.amount.currency, one.is_marked): one for one in told}
    for each in found:
        amount = each.theirs
        assert amount is not None, "a movement has an amount"
        which = each.gateway, each.kind, amount.currency, each.is_marked
        known = sums.get(which) or ToldOnce(
            kind=each.kind, gateway=each.gateway, count=0, amount=amount - amount, is_marked=each.is_marked
        )
        sums[which] = msgspec.structs.replace(known, count=known.count + 1, amount=known.amount + amount)
    return tuple(sums[which] for which in sorted(sums))


def parted(
    found: Iterable[Difference], left: Sequence[Difference]
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """Those that are open, and those that a person has left as they are now; these say by whom and why."""
    marks = {one.id: one.left for one in left}
    marked = [msgspec.structs.replace(one, left=marks.get(one.id)) for one in found]
    return tuple(one for one in marked if one.left is None), tuple(one for one in marked if one.left is not None)


def most_urgent(found: Iterable[Difference], most: int) -> tuple[Difference, ...]:
    """So many of them: first what a person has to mend, then what the shop does; the newest first."""
    newest = sorted(found, key=lambda one: one.at, reverse=True)
    return tuple(sorted(newest, key=lambda one: _MOST_URGENT_FIRST.index(one.kind))[:most])
