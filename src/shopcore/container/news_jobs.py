"""When the shop writes by itself to customers who asked for it, and to staff."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shopcore.cart.events import ReminderWanted
from shopcore.container.message_cases import NewsCases
from shopcore.jobs.events import JobDiscarded
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.jobs.use_cases.publish_events import Bindings
from shopcore.kernel.actor import System
from shopcore.kernel.ids import CartId, CustomerId, JobId, OrderId, RefundId, VariantId
from shopcore.kernel.jobs import NewJob
from shopcore.messages.events import BackInStock
from shopcore.notifications.model.jobs_of_messages import has_a_row, message_of
from shopcore.ordering.events import RefundCameBack, RefundFailed
from shopcore.payments.events import HoldLapsed, ReconciliationForStaff

SCHEDULES = (
    Schedule(kind="find_back_in_stock", every=timedelta(minutes=5)),
    Schedule(kind="report_dead_jobs", every=timedelta(hours=1)),
    Schedule(kind="report_low_stock", every=timedelta(hours=1)),
)
BY_MAIL = (
    "send_cart_reminder",
    "send_back_in_stock",
    "report_dead_jobs",
    "report_endpoint_off",
    "report_differences",
    "report_failed_refund",
    "report_lapsed_hold",
    "report_low_stock",
)
ONLY_BY_MAIL = ("send_cart_reminder", "send_back_in_stock")
_FIVE_DAYS = 172  # tries: mail is not given up sooner (RFC 5321, 4.5.4.1)


def _after_wish(event: ReminderWanted) -> Sequence[NewJob]:
    payload: dict[str, str] = {"cart_id": event.cart_id}
    key = f"cart_reminder/{event.cart_id}/{event.at.isoformat()}"
    return (
        NewJob(kind="send_cart_reminder", payload=payload, unique_key=key, run_at=event.at, max_attempts=_FIVE_DAYS),
    )


def _after_coming_back(event: BackInStock) -> Sequence[NewJob]:
    since = event.since.isoformat()
    payload: dict[str, str] = {"variant_id": event.variant_id, "customer_id": event.customer_id, "since": since}
    key = f"back_in_stock/{event.variant_id}/{event.customer_id}/{since}"
    return (NewJob(kind="send_back_in_stock", payload=payload, unique_key=key, max_attempts=_FIVE_DAYS),)


def _after_failed_refund(event: RefundFailed | RefundCameBack) -> Sequence[NewJob]:
    payload: dict[str, str] = {"order_id": event.order_id, "refund_id": event.refund_id}
    key = f"failed_refund/{event.refund_id}"
    return (NewJob(kind="report_failed_refund", payload=payload, unique_key=key, max_attempts=_FIVE_DAYS),)


def _after_discard(event: JobDiscarded) -> Sequence[NewJob]:
    kind = message_of(event.kind, event.payload)
    if kind is None or has_a_row(event.errors):
        return ()
    payload: dict[str, str] = {"job_id": event.job_id, "kind": kind}
    return (NewJob(kind="note_discarded", payload=payload, unique_key=f"discarded/{event.job_id}"),)


def _after_lapse(event: HoldLapsed) -> Sequence[NewJob]:
    attempt = f"{event.payment_id}/{event.attempt}"
    payload: dict[str, str] = {"order_id": event.order_id, "attempt": attempt}
    key = f"lapsed_hold/{attempt}"
    return (NewJob(kind="report_lapsed_hold", payload=payload, unique_key=key, max_attempts=_FIVE_DAYS),)


def _after_comparison(event: ReconciliationForStaff) -> Sequence[NewJob]:
    payload = {"run_id": event.run_id}
    key = f"differences/{event.run_id}"
    return (NewJob(kind="report_differences", payload=payload, unique_key=key, max_attempts=_FIVE_DAYS),)


BINDINGS: Bindings = {
    ReminderWanted: _after_wish,
    BackInStock: _after_coming_back,
    RefundFailed: _after_failed_refund,
    RefundCameBack: _after_failed_refund,
    HoldLapsed: _after_lapse,
    ReconciliationForStaff: _after_comparison,
    JobDiscarded: _after_discard,
}


def handlers(news: NewsCases) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def send_cart_reminder(payload: Mapping[str, str]) -> None:
        await news.send_cart_reminder(System(kind="send_cart_reminder"), cart_id=CartId(payload["cart_id"]))

    async def find_back_in_stock(_payload: Mapping[str, str]) -> None:
        await news.find_back_in_stock(System(kind="find_back_in_stock"))

    async def send_back_in_stock(payload: Mapping[str, str]) -> None:
        await news.send_back_in_stock(
            System(kind="send_back_in_stock"),
            customer_id=CustomerId(payload["customer_id"]),
            variant_id=VariantId(payload["variant_id"]),
            since=datetime.fromisoformat(payload["since"]),
        )

    async def report_dead_jobs(_payload: Mapping[str, str]) -> None:
        await news.report_dead_jobs(System(kind="report_dead_jobs"))

    async def report_low_stock(_payload: Mapping[str, str]) -> None:
        await news.report_low_stock(System(kind="report_low_stock"))

    async def report_endpoint_off(payload: Mapping[str, str]) -> None:
        await news.report_endpoint_off(
            System(kind="report_endpoint_off"),
            endpoint_id=payload["endpoint_id"],
            off_since=datetime.fromisoformat(payload["off_since"]),
        )

    async def note_discarded(payload: Mapping[str, str]) -> None:
        await news.note_discarded(System(kind="note_discarded"), job_id=JobId(payload["job_id"]), kind=payload["kind"])

    return {
        "note_discarded": note_discarded,
        "send_cart_reminder": send_cart_reminder,
        "find_back_in_stock": find_back_in_stock,
        "send_back_in_stock": send_back_in_stock,
        "report_dead_jobs": report_dead_jobs,
        "report_endpoint_off": report_endpoint_off,
        "report_low_stock": report_low_stock,
        **_of_money(news),
    }


def _of_money(news: NewsCases) -> Handlers:
    async def report_differences(payload: Mapping[str, str]) -> None:
        await news.report_differences(System(kind="report_differences"), run_id=payload["run_id"])

    async def report_failed_refund(payload: Mapping[str, str]) -> None:
        await news.report_failed_refund(
            System(kind="report_failed_refund"),
            order_id=OrderId(payload["order_id"]),
            refund_id=RefundId(payload["refund_id"]),
        )

    async def report_lapsed_hold(payload: Mapping[str, str]) -> None:
        await news.report_lapsed_hold(
            System(kind="report_lapsed_hold"), order_id=OrderId(payload["order_id"]), attempt=payload["attempt"]
        )

    return {
        "report_differences": report_differences,
        "report_failed_refund": report_failed_refund,
        "report_lapsed_hold": report_lapsed_hold,
    }
