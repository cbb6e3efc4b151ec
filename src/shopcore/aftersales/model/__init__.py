"""What acts on an order that was placed answer, and what its gateways said."""

from datetime import datetime

import msgspec

from shopcore.kernel.ids import JobId, PaymentId
from shopcore.ordering.model import Order
from shopcore.payments.model import Payment, PaymentState, PaymentTotal, Report, has_ended


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """What gateways said when they were asked to take no money any more, attempt by attempt; none where there was
    nothing to stop. `attempt` is the one that was the present one then.
    """

    attempt: int | None = None
    reports: tuple[Report, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether all attempts have ended, one way or the other."""
        return all(has_ended(report) for report in self.reports)

    def holds_for(self, payment: Payment | None) -> bool:
        """Whether it still says all: no other attempt was begun since, and money that it tells of is in the books."""
        if payment is None or payment.state is PaymentState.SUCCEEDED:
            return True
        if any(report.state is PaymentState.SUCCEEDED for report in self.reports):
            return False
        return payment.attempt == self.attempt


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a report made of a payment, and of its order where the report changed that too."""

    payment: Payment
    order: Order | None = None


class WebhookAtWork(msgspec.Struct, frozen=True, kw_only=True):
    """Something a gateway said, and how far the shop has come. No personal values. What is set aside has no job."""

    job_id: JobId | None
    gateway: str
    event_id: str
    type: str
    payment_id: PaymentId | None
    says: PaymentState | None
    received_at: datetime
    state: str
    attempts: int
    last_error: str | None


class PaymentsReport(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the payments of a span of time, and the sums of all of them."""

    since: datetime
    until: datetime
    payments: tuple[Payment, ...]
    totals: tuple[PaymentTotal, ...]
    next_cursor: str | None
