"""What goes back of what was paid for an order."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from shopcore.kernel.ids import RefundId, VariantId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund
from shopcore.ordering.model.orders import Order, PaymentStatus, Refund, RefundStatus, note

RETURNED = "returned"
"""The failure of a refund that was done and came back."""


def refundable(order: Order, paid: Money) -> Money:
    """What was paid less every refund of it that was not refused; below zero where more went back than is there."""
    given = sum(refund.amount.amount for refund in _of_what_was_paid(order) if refund.status is not RefundStatus.FAILED)
    return Money(paid.amount - given, paid.currency)


def _of_what_was_paid(order: Order) -> tuple[Refund, ...]:
    """Without those of a second charge, which is no part of it."""
    return tuple(refund for refund in order.refunds if refund.attempt is None)


def request_refund(order: Order, refund: Refund, paid: Money, by: str) -> Order:
    """Write down that money is to go back. Raises `NothingToRefund` beyond what is left; a known id is a no-op.

    A second charge goes back whole, and leaves nothing less of what was paid.
    """
    if any(known.id == refund.id for known in order.refunds):
        return order
    left = refund.amount if refund.attempt is not None else refundable(order, paid)
    if refund.amount.amount <= 0 or left < refund.amount:
        raise NothingToRefund(left)
    asked = note(order, "refund_requested", at=refund.requested_at, by=by, text=refund.reason)
    return msgspec.structs.replace(asked, refunds=(*order.refunds, refund))


def refunded_units(order: Order, variant_id: VariantId) -> int:
    """How many of one thing money was promised back for, line by line."""
    promised = (refund for refund in order.refunds if refund.status is not RefundStatus.FAILED)
    return sum(line.quantity for refund in promised for line in refund.lines if line.variant_id == variant_id)


def brings_back(refund: Refund) -> bool:
    """Whether its goods are on the shelf again, or will be: also where the money came back to the shop afterwards."""
    return refund.restock and (refund.status is not RefundStatus.FAILED or refund.failure == RETURNED)


def returned_units(order: Order, variant_id: VariantId) -> int:
    """How many of one thing were put back for refunds of lines, or will be."""
    back = (refund for refund in order.refunds if brings_back(refund))
    return sum(line.quantity for refund in back for line in refund.lines if line.variant_id == variant_id)


def failed_refunds(order: Order) -> tuple[Refund, ...]:
    """Those that failed, and of which a part was not asked for since, while something is left to give back."""
    missing = _missing(order)
    return tuple(one for one in order.refunds if missing.get(one.id, 0) > 0)


def _missing(order: Order) -> dict[RefundId, int]:
    """What is not answered of each that failed, in minor units.

    One that was asked for instead of it stands for its part of it, whatever becomes of that one. What was asked for of
    the same charge since, and has not failed, counts once: for those that failed first.
    """
    missing = _without_their_successors(order)
    failed = sorted((one for one in order.refunds if one.id in missing), key=_failed_since)
    promised = (one for one in order.refunds if one.status is not RefundStatus.FAILED and one.instead_of is None)
    for later in sorted(promised, key=lambda one: one.requested_at):
        left = later.amount.amount
        for one in failed:
            if one.attempt == later.attempt and _failed_since(one) <= later.requested_at:
                answered = min(left, missing[one.id])
                missing[one.id] -= answered
                left -= answered
    return missing


def _without_their_successors(order: Order) -> dict[RefundId, int]:
    known = {one.id: one for one in order.refunds}
    nothing_is_left = order.payment_status is PaymentStatus.REFUNDED
    missing = {
        one.id: one.amount.amount
        for one in order.refunds
        if one.status is RefundStatus.FAILED
        and not (one.attempt is None and nothing_is_left)
        and not _is_given_after_all(one, known)
    }
    for one in order.refunds:
        if one.instead_of in missing:
            missing[one.instead_of] = max(0, missing[one.instead_of] - one.amount.amount)
    return missing


def _is_given_after_all(failed: Refund, known: Mapping[RefundId, Refund]) -> bool:
    """Whether one that it was asked for instead of is not refused any more, since its gateway lists it as given."""
    before = None if failed.instead_of is None else known.get(failed.instead_of)
    return before is not None and (before.status is not RefundStatus.FAILED or _is_given_after_all(before, known))


def _failed_since(refund: Refund) -> datetime:
    return refund.failed_at or refund.requested_at


def retry_refund(order: Order, refund_id: RefundId, again: RefundId, *, paid: Money, at: datetime, by: str) -> Order:
    """Ask for what is missing of a refund that failed once more, under another id, or for what is left if that is less.
    What is on the shelf again already does not come back a second time. Raises `NothingToRefund` where that one has not
    failed, all of it was asked for since, or nothing is left.
    """
    failed = next((one for one in failed_refunds(order) if one.id == refund_id), None)
    if failed is None:
        raise NothingToRefund
    missing = Money(_missing(order)[refund_id], failed.amount.currency)
    asked = msgspec.structs.replace(
        failed,
        id=again,
        amount=missing if failed.attempt is not None else min(missing, refundable(order, paid)),
        requested_at=at,
        instead_of=failed.id,
        restock=failed.restock and failed.failure != RETURNED,
        status=RefundStatus.REQUESTED,
        failure=None,
        failed_at=None,
    )
    return request_refund(order, asked, paid, by)


def reopen_refund(order: Order, refund_id: RefundId, *, paid: Money, at: datetime, by: str) -> Order:
    """Ask for one that was refused under its own id once more, since its gateway lists it as given: whoever asks about
    it hears so. Any other stays as it is. Raises `NothingToRefund` where the money was promised again meanwhile.
    """
    refused = next((one for one in order.refunds if one.id == refund_id and one.status is RefundStatus.FAILED), None)
    if refused is None or refused.failure == RETURNED:
        return order
    if refused.attempt is None and refundable(order, paid) < refused.amount:
        raise NothingToRefund
    asked = msgspec.structs.replace(refused, status=RefundStatus.REQUESTED, failure=None, failed_at=None)
    refunds = tuple(asked if known.id == refund_id else known for known in order.refunds)
    return note(msgspec.structs.replace(order, refunds=refunds), "refund_requested", at=at, by=by, text=asked.reason)


def settle_refund(order: Order, refund_id: RefundId, *, done: bool, at: datetime, failure: str | None = None) -> Order:
    """Record what became of a refund; a settled one stays as it is. `failure` is why it was not done."""
    outcome = {"status": RefundStatus.DONE} if done else _failed(at, failure)
    if not any(known.id == refund_id and known.status is RefundStatus.REQUESTED for known in order.refunds):
        return order
    refunds = tuple(
        msgspec.structs.replace(known, **outcome) if known.id == refund_id else known for known in order.refunds
    )
    settled = msgspec.structs.replace(order, refunds=refunds)
    return note(settled, "refunded" if done else "refund_failed", at=at, by="system:refund")


def take_refund_back(order: Order, refund_id: RefundId, *, at: datetime) -> Order:
    """A refund that was done came back, so the shop has that money again; any other stays as it is."""
    if not any(known.id == refund_id and known.status is RefundStatus.DONE for known in order.refunds):
        return order
    refunds = tuple(
        msgspec.structs.replace(known, **_failed(at, RETURNED)) if known.id == refund_id else known
        for known in order.refunds
    )
    undone = msgspec.structs.replace(order, refunds=refunds)
    return note(undone, "refund_came_back", at=at, by="system:refund")


def _failed(at: datetime, why: str | None) -> dict[str, object]:
    return {"status": RefundStatus.FAILED, "failure": why, "failed_at": at}


def given_back(order: Order, currency: str) -> Money:
    """What went back of what was paid."""
    done = (refund.amount for refund in _of_what_was_paid(order) if refund.status is RefundStatus.DONE)
    return sum(done, Money.zero(currency))
