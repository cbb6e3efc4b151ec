"""Attempts that a gateway lists and the shop does not know: its store was restored from before they were made."""

from collections.abc import Mapping

import msgspec

from shopcore.kernel.ids import PaymentId
from shopcore.payments.model.difference import Difference
from shopcore.payments.model.movements import MovementKind
from shopcore.payments.model.payments import Attempt, Payment, attempt_of


def with_try(payment: Payment, tried: Attempt) -> Payment:
    """Knowing where this one was made, and what it is called there; one that it knows stays as it is."""
    if _knows(payment, tried.number):
        return payment
    return msgspec.structs.replace(payment, earlier=(*payment.earlier, tried))


def tried_elsewhere(payment: Payment, number: int, gateway: str) -> bool:
    """Whether the shop has made this attempt at another gateway: after it had lost the one that is listed, its number
    was given once more.
    """
    return _knows(payment, number) and attempt_of(payment, number).gateway != gateway


def mendable(one: Difference, payments: Mapping[PaymentId, Payment]) -> Difference:
    """As found; but money of an attempt that was made at another gateway, too, is for a person, who gives it back."""
    payment = payments.get(one.payment_id) if one.payment_id else None
    is_charge = one.repairs and one.moved is MovementKind.CHARGE and one.attempt is not None
    if payment is None or not is_charge or not tried_elsewhere(payment, one.attempt or 0, one.gateway):
        return one
    return msgspec.structs.replace(one, repairs=False)


def _knows(payment: Payment, number: int) -> bool:
    return number == payment.attempt or any(tried.number == number for tried in payment.earlier)
