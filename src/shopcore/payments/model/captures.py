"""How much of the money that a gateway holds is to be taken, or that it is to be let go."""

from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.money import Money
from shopcore.payments.errors import CaptureNotPossible, NothingHeld
from shopcore.payments.model.by_hand import is_promised
from shopcore.payments.model.payments import Payment, PaymentState, begun_between

_SOON = timedelta(days=3)  # the shop itself takes money after four days; clocks differ


def is_due(payment: Payment, attempt: int | None, at: datetime) -> bool:
    """Whether the shop itself takes what is held now, that was told to take what this attempt holds: another one has
    a time of its own, and what is promised nobody holds.

    Where it was not told which attempt, by a shop of before, it is none that was begun a short while ago.
    """
    if is_promised(payment):
        return False
    return at - begun_between(payment)[0] >= _SOON if attempt is None else payment.attempt == attempt


def plan_capture(payment: Payment, amount: Money, at: datetime, attempt: int) -> Payment:
    """Say how much of what this attempt holds is to be taken; the rest is let go. Once: the gateway may have done it by
    now. Money that is there stays there.

    Raises `NothingHeld`, also where another attempt holds it by now; `InvalidInput` for nothing, or in another
    currency; `CaptureNotPossible` beyond what is held, or for another amount than was said before.
    """
    if payment.state is PaymentState.SUCCEEDED:
        return payment
    if payment.state is not PaymentState.AUTHORIZED or payment.attempt != attempt:
        raise NothingHeld(payment.state.value)
    _check(amount, payment.amount.currency)
    if payment.amount < amount or payment.capturing not in {None, amount}:
        raise CaptureNotPossible(payment.amount, payment.capturing)
    return msgspec.structs.replace(payment, capturing=amount, letting_go=False, updated_at=at)


def _check(amount: Money, currency: str) -> None:
    if amount.currency != currency:
        raise InvalidInput.of("amount/currency", "wrong_currency", f"must be {currency}, in which it is held")
    if amount.amount <= 0:
        raise InvalidInput.of("amount/amount", "out_of_range", "must be more than zero")


def plan_release(payment: Payment, at: datetime) -> Payment:
    """Say, before the gateway is asked, that what is held is to be let go: whoever hears of it first knows that it has
    not lapsed. What is not held stays as it is.
    """
    if payment.state is not PaymentState.AUTHORIZED:
        return payment
    return msgspec.structs.replace(payment, letting_go=True, updated_at=at)


def unplan_capture(payment: Payment, amount: Money, at: datetime) -> Payment:
    """The gateway refused that amount, and has taken nothing: another may be asked for."""
    if payment.state is not PaymentState.AUTHORIZED or payment.capturing != amount:
        return payment
    return msgspec.structs.replace(payment, capturing=None, updated_at=at)
