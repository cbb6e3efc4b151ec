"""Jobs for what has waited too long: a payment that nothing was heard of, an order that was not paid."""

from datetime import datetime, timedelta

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.jobs import NewJob


def resolving_job(payment_id: PaymentId, heard_of: datetime, now: datetime) -> NewJob:
    """Look up what became of a payment that was not heard of since."""
    key = f"resolve/{payment_id}/{heard_of.isoformat()}/{turn_of(now - heard_of)}"
    return NewJob(kind="resolve_payment", payload={"payment_id": payment_id}, unique_key=key)


def expiring_job(order_id: OrderId, expired_at: datetime, now: datetime) -> NewJob:
    """End an order whose time to pay is over."""
    key = f"expire/{order_id}/{turn_of(now - expired_at)}"
    return NewJob(kind="expire_order", payload={"order_id": order_id}, unique_key=key)


def turn_of(waited: timedelta) -> int:
    """Which turn it is, for something that has been overdue for so long.

    Turns come after 15 seconds, 30, one minute, two, four, and then every eight minutes. A job that fails is tried
    again by the queue: a job for each sweep would drown a gateway that comes back after an hour.
    """
    spans = waited // timedelta(seconds=15)
    return spans.bit_length() if spans < _LONGEST_TURN else _LONGEST_TURN.bit_length() + spans // _LONGEST_TURN


_LONGEST_TURN = 32  # in spans of 15 seconds
