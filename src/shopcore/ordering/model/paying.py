"""Where an order's money stands. Nothing else sets `payment_status`, and once there was money only `book` does."""

from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.money import Money
from shopcore.ordering.model.orders import Act, Order, PaymentStatus, note, step, wait_until

RELEASED_LIFETIME = timedelta(days=3)
"""How long it waits for other money, once what was held for it was let go: its buyer has to read a mail first."""

_BOOKED = frozenset({PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED})


def booked_status(total: Money, taken: Money, gone: Money) -> PaymentStatus:
    """What the ledger says of an order that is sold: so much was taken for it, and so much of that is gone again. One
    that cost nothing is paid; what was taken beyond its price and went back is not missing.
    """
    gone -= max(taken - total, total - total)
    if gone.amount <= 0:
        return PaymentStatus.PAID
    return PaymentStatus.PARTIALLY_REFUNDED if gone < min(taken, total) else PaymentStatus.REFUNDED


def book(order: Order, *, taken: Money, gone: Money) -> Order:
    """Write beside it what the ledger says, in the transaction in which that was posted."""
    return msgspec.structs.replace(order, payment_status=booked_status(order.totals.total, taken, gone))


def unsold(order: Order) -> Order:
    """Where the ledger has nothing of it, what its attempt says stands, and nothing that only the ledger can say."""
    is_wrong = order.payment_status in _BOOKED
    return msgspec.structs.replace(order, payment_status=PaymentStatus.UNPAID) if is_wrong else order


def _promise(order: Order, status: PaymentStatus) -> Order:
    """What an attempt says that has brought no money. It changes nothing of money that there is."""
    return order if order.payment_status in _BOOKED else msgspec.structs.replace(order, payment_status=status)


def pay(order: Order, at: datetime, by: str, text: str | None = None) -> Order:
    """Go on, for the money has arrived. Raises `TransitionRefused` unless it was pending."""
    return step(order, Act.PAY, "paid", at, by, text)


def collect(order: Order, at: datetime, by: str, text: str | None = None) -> Order:
    """The money for an order that went on without it is there."""
    return note(order, "paid", at=at, by=by, text=text)


def hold(order: Order, at: datetime, by: str) -> Order:
    """The money is held for it. Raises `TransitionRefused` unless it was pending."""
    return _promise(step(order, Act.PAY, "payment_authorized", at, by), PaymentStatus.AUTHORIZED)


def fail(order: Order, at: datetime, by: str, text: str | None = None) -> Order:
    """The attempt to pay it was refused."""
    return _promise(note(order, "payment_failed", at=at, by=by, text=text), PaymentStatus.FAILED)


def release(order: Order, at: datetime, by: str) -> Order:
    """The money that was held for it was let go: it waits for other money. Raises `TransitionRefused` unless it was
    processing.
    """
    waiting = wait_until(step(order, Act.RELEASE, "payment_released", at, by), at + RELEASED_LIFETIME)
    return _promise(waiting, PaymentStatus.UNPAID)


def forgo(order: Order, at: datetime, by: str) -> Order:
    """Money that was promised for what has left, or for an order that has ended, is not waited for any more."""
    return _promise(note(order, "payment_released", at=at, by=by), PaymentStatus.UNPAID)


def await_payment(order: Order, at: datetime, by: str) -> Order:
    """Another try to pay has begun: what is known of the last one is not how it stands any more."""
    return _promise(note(order, "payment_retried", at=at, by=by), PaymentStatus.UNPAID)


def was_released(order: Order) -> bool:
    """Whether the last that is known of its payment is that held money was let go."""
    events = (entry.event for entry in reversed(order.timeline))
    told = {"payment_released", "payment_retried", "payment_authorized", "payment_failed", "paid"}
    return next((event for event in events if event in told), None) == "payment_released"
