"""When gateways are asked what became of a refund."""

from datetime import datetime, timedelta

from shopcore.kernel.ids import OrderId, RefundId
from shopcore.kernel.jobs import NewJob
from shopcore.ordering.model import Refund

REFUSED_FOR = timedelta(days=7)
"""For so long a refund is asked for that a gateway refuses for now, such as one that the balance does not cover: longer
than the days between two payouts, and than the one for which Stripe repeats what it has answered to a key."""

_TRIES = 172  # an hour apart at last: five days of an outage


def given_job(order_id: OrderId, refund_id: RefundId) -> NewJob:
    """Take in that a person has given back a refund."""
    return asking_about(order_id, refund_id, "given")


def asking_about(order_id: OrderId, refund_id: RefundId, why: str, run_at: datetime | None = None) -> NewJob:
    """Ask the gateway what became of a refund; once for each reason."""
    return NewJob(
        kind="carry_out_refund",
        payload={"order_id": str(order_id), "refund_id": str(refund_id)},
        unique_key=f"refund/{refund_id}/{why}",
        run_at=run_at,
        priority=30,
        max_attempts=_TRIES,
    )


def asking_again(order_id: OrderId, refund: Refund, now: datetime) -> NewJob:
    """Of one that is on its way: after as long as it has been so already, from a minute to a day."""
    waited = now - refund.requested_at
    pause = min(max(waited, timedelta(minutes=1)), timedelta(days=1))
    turn = f"day/{waited.days}" if waited.days else f"turn/{(waited // timedelta(minutes=1)).bit_length()}"
    return asking_about(order_id, refund.id, turn, now + pause)


def is_given_up(refund: Refund, failure: str | None, now: datetime) -> bool:
    """Whether a gateway has refused it for now for so long that it is for a person. What is on its way arrives, or
    comes back, when its bank says so.
    """
    return failure is not None and now - refund.requested_at >= REFUSED_FOR
