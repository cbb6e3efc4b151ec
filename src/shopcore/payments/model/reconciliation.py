"""One comparison of all gateways with the books, as it is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.payments.model.difference import Difference, Kind, ToldOnce
from shopcore.payments.model.disputes import DisputeState
from shopcore.payments.model.ledger import Account, JournalEntry
from shopcore.payments.model.movements import MovementKind
from shopcore.payments.model.payments import Payment
from shopcore.payments.model.summing import Summed

USUAL_WINDOW = timedelta(days=3)
"""Longer than a day, so that each day is looked at three times, and what came late is not missed."""

LONGEST_WINDOW = timedelta(days=366)

GRACE = timedelta(minutes=10)
"""What is younger is still on its way between gateway and books: longer than any answer or webhook takes."""

MOST_KEPT = 500
"""Differences that are kept one by one, the most urgent; of the rest there is the count. So many are an outage, not a
list to read.
"""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A span of time of one gateway."""

    gateway: str
    since: datetime
    until: datetime


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Until when a gateway was compared."""

    gateway: str
    until: datetime


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared, and what was found. `finished_at` is None while it is to be made.

    `compared` counts movements of the window, `found` differences that are open; `told_once` are those of them that
    stay and are new. What a person lets be is `left`, and counted there alone.
    `unreached` are gateways that did not answer, and `reached` says how far they had come. It is made step by step: of
    all `spans`, `parts` are still to be compared, so many seconds of the first of them at once. What was told before is
    `known` up to there, and `told` by name. `summed` is of what holds between them alone.
    """

    id: str
    requested_at: datetime
    requested_by: str
    since: datetime
    until: datetime
    finished_at: datetime | None = None
    compared: int = 0
    found: int = 0
    repaired: int = 0
    fees: tuple[Money, ...] = ()
    differences: tuple[Difference, ...] = ()
    left: tuple[Difference, ...] = ()
    told_once: tuple[ToldOnce, ...] = ()
    known: tuple[Reach, ...] = ()
    told: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    reached: tuple[Reach, ...] = ()
    is_begun: bool = False
    spans: tuple[Part, ...] = ()
    parts: tuple[Part, ...] = ()
    span_seconds: int = 3_600
    summed: Summed | None = None


def requested(run_id: str, at: datetime, by: str, window: timedelta) -> Reconciliation:
    """One that is to be made, up to what may still be on its way."""
    until = at - GRACE
    return Reconciliation(id=run_id, requested_at=at, requested_by=by, since=until - window, until=until)


def summed(amounts: Sequence[Money]) -> tuple[Money, ...]:
    """By currency."""
    codes = sorted({amount.currency for amount in amounts})
    return tuple(Money(sum(one.amount for one in amounts if one.currency == code), code) for code in codes)


def fees_kept(entries: Sequence[JournalEntry]) -> Sequence[Money]:
    """What entries say that gateways kept."""
    return [posting.amount for one in entries for posting in one.postings if posting.account is Account.FEE]


def repairing_jobs(one: Difference, payment: Payment | None, run_id: str) -> Sequence[NewJob]:
    """What is to be done about a difference that the shop mends by itself; a fee is right already.

    The run is part of the key: what could not be mended is tried again when it is found again.
    """
    if payment is None or one.kind not in {Kind.MISSING, Kind.REFUND_ELSEWHERE} or one.moved is None:
        return ()
    kind, payload = _repair(one, payment)
    return (NewJob(kind=kind, payload=payload, unique_key=f"repair/{run_id}/{one.movement}"),)


def _repair(one: Difference, payment: Payment) -> tuple[str, dict[str, str]]:
    """The job that takes it in, as a webhook about it would have."""
    assert one.theirs is not None, "a movement has an amount"
    amount = {"amount": str(abs(one.theirs.amount)), "currency": one.theirs.currency}
    known = {"payment_id": str(payment.id), "attempt": str(one.attempt or "")}
    match one.moved:
        case MovementKind.REFUND:
            return "take_in_refund", {**known, **amount, "refund_id": str(one.refund_id)}
        case MovementKind.REFUND_RETURNED:
            return "take_in_return", {"payment_id": str(payment.id), "refund_id": str(one.refund_id)}
        case MovementKind.DISPUTE | MovementKind.DISPUTE_RETURNED:
            state = DisputeState.WON if one.moved is MovementKind.DISPUTE_RETURNED else one.dispute
            told = {"dispute_id": str(one.subject), "state": (state or DisputeState.OPEN).value}
            return "take_in_dispute", {**known, **amount, **told}
        case _:
            return "confirm_charges", {**known, "gateway": one.gateway, "charge": str(one.charge or "")}
