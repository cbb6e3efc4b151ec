"""One comparison of all gateways with the books, as it is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.payments.model.difference import Difference, Kind
from shopcore.payments.model.ledger import Account, JournalEntry
from shopcore.payments.model.payments import Payment

USUAL_WINDOW = timedelta(days=3)
"""Longer than a day, so that each day is looked at three times, and what came late is not missed."""

LONGEST_WINDOW = timedelta(days=366)

GRACE = timedelta(minutes=10)
"""What is younger is still on its way between gateway and books: longer than any answer or webhook takes."""

MOST_KEPT = 500
"""Differences that are kept one by one; of the rest there is the count. So many are an outage, not a list to read."""


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared, and what was found. `finished_at` is None while it is to be made.

    `compared` counts movements of the window, `found` differences; `unreached` are gateways that did not answer.
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
    unreached: tuple[str, ...] = ()


def requested(run_id: str, at: datetime, by: str, window: timedelta) -> Reconciliation:
    """One that is to be made, up to what may still be on its way."""
    until = at - GRACE
    return Reconciliation(id=run_id, requested_at=at, requested_by=by, since=until - window, until=until)


def finished(
    run: Reconciliation,
    at: datetime,
    *,
    compared: int,
    fees: Sequence[Money],
    differences: Sequence[Difference],
    unreached: Sequence[str],
) -> Reconciliation:
    """With what was found."""
    return msgspec.structs.replace(
        run,
        finished_at=at,
        compared=compared,
        found=len(differences),
        repaired=sum(one.repairs for one in differences),
        fees=_summed(fees),
        differences=tuple(differences[:MOST_KEPT]),
        unreached=tuple(unreached),
    )


def _summed(amounts: Sequence[Money]) -> tuple[Money, ...]:
    codes = sorted({amount.currency for amount in amounts})
    return tuple(Money(sum(one.amount for one in amounts if one.currency == code), code) for code in codes)


def fees_kept(entries: Sequence[JournalEntry]) -> Sequence[Money]:
    """What entries say that gateways kept."""
    return [posting.amount for one in entries for posting in one.postings if posting.account is Account.FEE]


def repairing_jobs(one: Difference, payment: Payment | None, run_id: str) -> Sequence[NewJob]:
    """What is to be done about a difference that the shop mends by itself; a fee is right already.

    The run is part of the key: what could not be mended is tried again when it is found again.
    """
    key = f"repair/{run_id}/{one.movement}"
    if payment is None or one.kind not in {Kind.MISSING, Kind.REFUND_ELSEWHERE}:
        return ()
    if one.refund_id is None:
        return (NewJob(kind="confirm_charges", payload={"payment_id": payment.id}, unique_key=key),)
    if one.kind is Kind.MISSING:
        payload = {"order_id": str(payment.order_id), "refund_id": str(one.refund_id)}
        return (NewJob(kind="carry_out_refund", payload=payload, unique_key=key),)
    assert one.theirs is not None, "a movement has an amount"
    amount = -one.theirs
    payload = {
        "payment_id": str(payment.id),
        "refund_id": str(one.refund_id),
        "attempt": str(one.attempt or ""),
        "amount": str(amount.amount),
        "currency": amount.currency,
    }
    return (NewJob(kind="take_in_refund", payload=payload, unique_key=key),)
