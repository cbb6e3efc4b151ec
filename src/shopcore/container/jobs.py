"""Which jobs follow from what happened, who does them, and what is done by the clock."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from shopcore.aftersales.model.webhooks import MOST_TRIES
from shopcore.container import account_jobs, news_jobs, order_mail_jobs, report_jobs, webhook_jobs
from shopcore.container.account_cases import AccountUpkeep
from shopcore.container.cases import PaymentCases, ReportCases, Upkeep
from shopcore.container.message_cases import NewsCases
from shopcore.container.money_cases import ReconciliationCases
from shopcore.container.webhook_cases import WebhookCases
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handler, Handlers, Payload, Together
from shopcore.jobs.use_cases.publish_events import Bindings
from shopcore.kernel.actor import System
from shopcore.kernel.events import Event
from shopcore.kernel.ids import Ids, OrderId, PaymentId, RefundId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.notifications.model import OrderNotice
from shopcore.operations.model import happened, pack_events
from shopcore.ordering.events import OrderAuthorized, OrderCancelled, OrderPaid, RefundRequested
from shopcore.payments.errors import NothingHeld
from shopcore.payments.events import AttemptOvertaken, PaymentHeld, PaymentUnknown, WebhookReceived
from shopcore.payments.model import Dispute, DisputeState

_MONEY = 30  # what moves money goes first,
_STOCK = 20  # then what frees or takes goods; mails have 10, and upkeep has 0

_ABOUT_A_DAY = 36  # tries; from the twelfth on there is one an hour
_ABOUT_A_WEEK = 232  # tries of what moves money: longer than any outage, and than the day for which Stripe keeps a key

_HELD_FOR = timedelta(days=4)  # the shortest time that card networks hold money for is five days

_LOOK_UP_AFTER = timedelta(seconds=2)  # most gateways have answered by then, or know what they did

SCHEDULES = (
    Schedule(kind="forget_expired_carts", every=timedelta(hours=1)),
    Schedule(kind="forget_old_claims", every=timedelta(hours=1)),
    Schedule(kind="forget_done_jobs", every=timedelta(hours=1)),
    Schedule(kind="forget_gateway_events", every=timedelta(hours=1)),
    Schedule(kind="reconcile_payments", every=timedelta(days=1)),
    Schedule(kind="sum_up_ledger", every=timedelta(hours=1)),
    *account_jobs.SCHEDULES,
    *report_jobs.SCHEDULES,
    *webhook_jobs.SCHEDULES,
    *order_mail_jobs.SCHEDULES,
    *news_jobs.SCHEDULES,
)

SWEEP_EVERY = timedelta(seconds=5)
"""Sweeping is idempotent and finds nothing as a rule: every worker does it by itself, without a job for each tick."""


def _after_payment(event: OrderPaid | OrderAuthorized) -> Sequence[NewJob]:
    order: dict[str, str] = {"order_id": event.order_id}
    key = f"stock/{event.order_id}/{event.at.isoformat()}"  # again where money that was held was let go in between
    return (
        NewJob(kind="settle_stock", payload=order, unique_key=key, priority=_STOCK),
        order_mail_jobs.confirmation(event.order_id),
    )


def _after_hold(event: PaymentHeld) -> Sequence[NewJob]:
    if event.is_promised and not event.order_has_ended:
        return ()  # the courier has to bring it first
    run_at = event.at if event.order_has_ended else event.at + _HELD_FOR
    key, payload = f"capture/{event.payment_id}/{event.attempt}", {"order_id": str(event.order_id)}
    return (_moving("capture_payment", key, payload, _ABOUT_A_DAY, run_at),)


def _after_cancellation(event: OrderCancelled) -> Sequence[NewJob]:
    key, order = f"stock/{event.order_id}/cancelled", {"order_id": str(event.order_id)}
    stock = NewJob(kind="settle_stock", payload=order, unique_key=key, priority=_STOCK)
    mail = order_mail_jobs.about(OrderNotice.CANCELLED, event.order_id)
    return (stock, mail)


def _after_refund_request(event: RefundRequested) -> Sequence[NewJob]:
    payload: dict[str, str] = {"order_id": event.order_id, "refund_id": event.refund_id}
    return (_moving("carry_out_refund", f"refund/{event.refund_id}", payload, _ABOUT_A_WEEK),)


def _after_silence(event: PaymentUnknown) -> Sequence[NewJob]:
    at = event.at + _LOOK_UP_AFTER
    key = f"resolve/{event.payment_id}/{at.isoformat()}"
    payload: dict[str, str] = {"payment_id": event.payment_id}
    return (NewJob(kind="resolve_payment", payload=payload, unique_key=key, run_at=at, priority=_MONEY),)


def _after_overtaking(event: AttemptOvertaken) -> Sequence[NewJob]:
    key, payload = f"stop/{event.payment_id}", {"payment_id": str(event.payment_id)}
    return (_moving("stop_attempt", key, payload, _ABOUT_A_WEEK),)


def _moving(kind: str, key: str, payload: dict[str, str], tries: int, run_at: datetime | None = None) -> NewJob:
    """A gateway has to be asked, and may be down for longer than anything else."""
    return NewJob(kind=kind, payload=payload, unique_key=key, run_at=run_at, priority=_MONEY, max_attempts=tries)


def _after_webhook(event: WebhookReceived) -> Sequence[NewJob]:
    payload = {"gateway": event.gateway, "event_id": event.event_id, "received_at": event.at.isoformat()}
    key = f"webhook/{event.gateway}/{event.event_id}"
    return (_moving("process_webhook", key, payload, MOST_TRIES),)


BINDINGS: Bindings = {
    OrderPaid: _after_payment,
    OrderAuthorized: _after_payment,
    PaymentHeld: _after_hold,
    OrderCancelled: _after_cancellation,
    RefundRequested: _after_refund_request,
    PaymentUnknown: _after_silence,
    AttemptOvertaken: _after_overtaking,
    WebhookReceived: _after_webhook,
    **account_jobs.BINDINGS,
    **order_mail_jobs.BINDINGS,
    **news_jobs.BINDINGS,
}
"""What must be done about what happened. An event that is not here has no consequence yet."""


def telling(ids: Ids, *, has_stream: bool) -> Callable[[Sequence[Event]], Sequence[NewJob]]:
    """The jobs that tell whoever counts: the stream, where there is one, of all that one act publishes at once, and the
    report of what has to do with it. Both are told the same event, under one name and id.

    The stream is tried for about a day before it is given up: nobody waits for it, and Redis may be gone for long.
    """

    def jobs_of(events: Sequence[Event]) -> Sequence[NewJob]:
        told = [happened(event, ids.new()) for event in events if has_stream or report_jobs.counts(event)]
        counted = report_jobs.noting(told)
        if not has_stream or not told:
            return counted
        passing = NewJob(kind="pass_events_on", payload={"events": pack_events(told)}, max_attempts=_ABOUT_A_DAY)
        return (*counted, passing)

    return jobs_of


def handlers(
    upkeep: Upkeep,
    payments: PaymentCases,
    reconciliations: ReconciliationCases,
    accounts: AccountUpkeep,
    reports: ReportCases,
    webhooks: WebhookCases,
    news: NewsCases,
) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def settle_stock(payload: Mapping[str, str]) -> None:
        await upkeep.settle_stock(System(kind="settle_stock"), order_id=OrderId(payload["order_id"]))

    async def carry_out_refund(payload: Mapping[str, str]) -> None:
        order_id, refund_id = OrderId(payload["order_id"]), RefundId(payload["refund_id"])
        await upkeep.carry_out_refund(System(kind="carry_out_refund"), order_id=order_id, refund_id=refund_id)

    async def expire_order(payload: Mapping[str, str]) -> None:
        await upkeep.expire_order(System(kind="expire_order"), order_id=OrderId(payload["order_id"]))

    async def resolve_payment(payload: Mapping[str, str]) -> None:
        await payments.resolve(System(kind="resolve_payment"), payment_id=PaymentId(payload["payment_id"]))

    async def stop_attempt(payload: Mapping[str, str]) -> None:
        await payments.stop_attempt(System(kind="stop_attempt"), payment_id=PaymentId(payload["payment_id"]))

    async def capture_payment(payload: Mapping[str, str]) -> None:
        with suppress(NothingHeld):  # it was let go meanwhile
            await payments.capture(System(kind="capture_payment"), order_id=OrderId(payload["order_id"]))

    async def process_webhook(payload: Mapping[str, str]) -> None:
        actor = System(kind="process_webhook")
        said = payload.get("received_at")
        await payments.process_webhook(
            actor,
            gateway=payload["gateway"],
            event_id=payload["event_id"],
            received_at=None if said is None else datetime.fromisoformat(said),
        )

    async def pass_events_on(payloads: Sequence[Payload]) -> Sequence[Exception | None]:
        packed = [payload["events"] for payload in payloads]
        return await upkeep.pass_events_on(System(kind="pass_events_on"), packed=packed)

    own: Handlers = {
        "pass_events_on": Together(pass_events_on),
        "settle_stock": settle_stock,
        "carry_out_refund": carry_out_refund,
        "expire_order": expire_order,
        "resolve_payment": resolve_payment,
        "stop_attempt": stop_attempt,
        "capture_payment": capture_payment,
        "process_webhook": process_webhook,
        "foreign_webhook": process_webhook,
    }
    return each_once(
        own,
        order_mail_jobs.handlers(upkeep),
        _of_the_books(payments, reconciliations),
        _by_the_clock(upkeep),
        account_jobs.handlers(accounts),
        report_jobs.handlers(reports),
        webhook_jobs.handlers(webhooks),
        news_jobs.handlers(news),
    )


def each_once(*parts: Handlers) -> Handlers:
    """All of them. Raises `ValueError` where two have one name: one of them would never be called."""
    found: dict[str, Handler | Together] = {}
    for kind, handler in ((kind, handler) for part in parts for kind, handler in part.items()):
        if kind in found:
            raise ValueError(f"two kinds of jobs are called {kind}")
        found[kind] = handler
    return found


def _of_the_books(payments: PaymentCases, reconciliations: ReconciliationCases) -> Mapping[str, Handler]:
    async def reconcile_payments(payload: Mapping[str, str]) -> None:
        await reconciliations.reconcile(System(kind="reconcile_payments"), run_id=payload.get("run_id"), in_steps=True)

    async def confirm_charges(payload: Mapping[str, str]) -> None:
        await payments.confirm_charges(System(kind="confirm_charges"), payment_id=PaymentId(payload["payment_id"]))

    async def sum_up_ledger(_payload: Mapping[str, str]) -> None:
        await reconciliations.sum_up(System(kind="sum_up_ledger"))

    async def take_in_refund(payload: Mapping[str, str]) -> None:
        await payments.take_in_refund(
            System(kind="take_in_refund"),
            payment_id=PaymentId(payload["payment_id"]),
            refund_id=RefundId(payload["refund_id"]),
            amount=Money(int(payload["amount"]), payload["currency"]),
            attempt=int(payload["attempt"]) if payload["attempt"] else None,
        )

    async def take_in_return(payload: Mapping[str, str]) -> None:
        await payments.take_in_news(
            System(kind="take_in_return"),
            payment_id=PaymentId(payload["payment_id"]),
            refund_id=RefundId(payload["refund_id"]),
        )

    async def take_in_dispute(payload: Mapping[str, str]) -> None:
        dispute = Dispute(
            id=payload["dispute_id"],
            state=DisputeState(payload["state"]),
            amount=Money(int(payload["amount"]), payload["currency"]),
        )
        await payments.take_in_news(
            System(kind="take_in_dispute"),
            payment_id=PaymentId(payload["payment_id"]),
            dispute=dispute,
            attempt=int(payload["attempt"]) if payload["attempt"] else None,
        )

    return {
        "reconcile_payments": reconcile_payments,
        "sum_up_ledger": sum_up_ledger,
        "confirm_charges": confirm_charges,
        "take_in_refund": take_in_refund,
        "take_in_return": take_in_return,
        "take_in_dispute": take_in_dispute,
    }


def _by_the_clock(upkeep: Upkeep) -> Mapping[str, Handler]:
    async def forget_expired_carts(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_expired_carts(System(kind="forget_expired_carts"))

    async def forget_old_claims(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_old_claims(System(kind="forget_old_claims"))

    async def forget_done_jobs(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_done_jobs(System(kind="forget_done_jobs"))

    async def forget_gateway_events(_payload: Mapping[str, str]) -> None:
        await upkeep.forget_webhooks(System(kind="forget_gateway_events"))

    return {
        "forget_expired_carts": forget_expired_carts,
        "forget_old_claims": forget_old_claims,
        "forget_done_jobs": forget_done_jobs,
        "forget_gateway_events": forget_gateway_events,
    }
