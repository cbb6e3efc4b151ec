"""How long the shop goes on asking a gateway that does not answer."""

from datetime import timedelta

import pytest

from shopcore.container.jobs import BINDINGS
from shopcore.jobs.model import JobState, fail, lease, queued
from shopcore.kernel.events import Event
from shopcore.kernel.ids import JobId, OrderId, PaymentId, RefundId
from shopcore.ordering.events import RefundRequested
from shopcore.payments.events import AttemptOvertaken, PaymentHeld
from shopcore.testing.clock import NEW_YEAR

ORDER, PAYMENT = OrderId("order"), PaymentId("payment")
REFUND = RefundRequested(at=NEW_YEAR, order_id=ORDER, refund_id=RefundId("refund"))
OVERTAKEN = AttemptOvertaken(at=NEW_YEAR, order_id=ORDER, payment_id=PAYMENT)
HELD = PaymentHeld(at=NEW_YEAR, order_id=ORDER, payment_id=PAYMENT, order_has_ended=True)


@pytest.mark.parametrize(
    ("event", "days"), [(REFUND, 3.0), (OVERTAKEN, 3.0), (HELD, 0.5)], ids=["refund", "stop", "capture"]
)
def test_what_moves_money_is_asked_for_longer_than_an_outage_lasts(event: Event, days: float) -> None:
    """And, where it may take a day, than Stripe repeats that it broke down (24 hours); with the shortest pauses."""
    (new,) = BINDINGS[type(event)](event)
    job, now = queued(new, JobId("job"), NEW_YEAR, "correlation"), NEW_YEAR
    while job.state is not JobState.DEAD:
        now = max(now, job.run_at)
        job = fail(lease(job, "worker", now), "gateway_unavailable", now, 0.0)

    assert now - NEW_YEAR >= timedelta(days=days)
