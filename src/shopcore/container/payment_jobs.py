"""Which jobs follow from what happened to payments, and from what gateways said."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from shopcore.aftersales.model.webhooks import MOST_TRIES
from shopcore.container.cases import PaymentCases
from shopcore.container.queueing import ABOUT_A_DAY, ABOUT_A_WEEK, MONEY, moving
from shopcore.jobs.model import Schedule
from shopcore.jobs.steps.do_jobs import Handlers
from shopcore.jobs.use_cases.publish_events import Bindings
from shopcore.kernel.actor import System
from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.jobs import NewJob
from shopcore.payments.errors import NothingHeld, WebhookForgotten
from shopcore.payments.events import AttemptOvertaken, PaymentHeld, PaymentUnknown, WebhookReceived
from shopcore.payments.model import Attempt

_HELD_FOR = timedelta(days=4)  # the shortest time that card networks hold money for is five days

_LOOK_UP_AFTER = timedelta(seconds=2)  # most gateways have answered by then, or know what they did


def _after_hold(event: PaymentHeld) -> Sequence[NewJob]:
    if event.is_promised and not event.order_has_ended:
        return ()  # the courier has to bring it first
    lapses_soon = max(event.at, (event.since or event.at) + _HELD_FOR)
    run_at = event.at if event.order_has_ended else lapses_soon
    key = f"capture/{event.payment_id}/{event.attempt}"
    payload = {"order_id": str(event.order_id), "attempt": str(event.attempt)}
    return (moving("capture_payment", key, payload, ABOUT_A_DAY, run_at),)


def _after_silence(event: PaymentUnknown) -> Sequence[NewJob]:
    at = event.at + _LOOK_UP_AFTER
    key = f"resolve/{event.payment_id}/{at.isoformat()}"
    payload: dict[str, str] = {"payment_id": event.payment_id}
    return (NewJob(kind="resolve_payment", payload=payload, unique_key=key, run_at=at, priority=MONEY),)


def _after_overtaking(event: AttemptOvertaken) -> Sequence[NewJob]:
    key, payload = f"stop/{event.payment_id}", {"payment_id": str(event.payment_id)}
    if event.attempt is not None:
        key, payload = f"{key}/{event.attempt}", {**payload, "attempt": str(event.attempt)}
    return (moving("stop_attempt", key, payload, ABOUT_A_WEEK),)


def _after_webhook(event: WebhookReceived) -> Sequence[NewJob]:
    payload = {"gateway": event.gateway, "event_id": event.event_id, "received_at": event.at.isoformat()}
    key = f"webhook/{event.gateway}/{event.event_id}"
    return (moving("process_webhook", key, payload, MOST_TRIES),)


SCHEDULES = (Schedule(kind="match_webhooks", every=timedelta(hours=1)),)

BINDINGS: Bindings = {
    PaymentHeld: _after_hold,
    PaymentUnknown: _after_silence,
    AttemptOvertaken: _after_overtaking,
    WebhookReceived: _after_webhook,
}


def handlers(payments: PaymentCases) -> Handlers:
    """The use case behind each kind of job, with the shop itself as the actor."""

    async def resolve_payment(payload: Mapping[str, str]) -> None:
        await payments.resolve(System(kind="resolve_payment"), payment_id=PaymentId(payload["payment_id"]))

    async def stop_attempt(payload: Mapping[str, str]) -> None:
        actor, payment_id = System(kind="stop_attempt"), PaymentId(payload["payment_id"])
        await payments.stop_attempt(actor, payment_id=payment_id, attempt=_attempt_in(payload))

    async def capture_payment(payload: Mapping[str, str]) -> None:
        actor, order_id = System(kind="capture_payment"), OrderId(payload["order_id"])
        with suppress(NothingHeld):  # it was let go meanwhile
            await payments.capture(actor, order_id=order_id, attempt=_attempt_in(payload))

    async def process_webhook(payload: Mapping[str, str]) -> None:
        actor = System(kind="process_webhook")
        said = payload.get("received_at")
        await payments.process_webhook(
            actor,
            gateway=payload["gateway"],
            event_id=payload["event_id"],
            received_at=None if said is None else datetime.fromisoformat(said),
        )

    async def foreign_webhook(payload: Mapping[str, str]) -> None:
        with suppress(WebhookForgotten):  # of another shop, as far as anybody knows
            await process_webhook(payload)

    async def match_webhooks(_payload: Mapping[str, str]) -> None:
        await payments.match_webhooks(System(kind="match_webhooks"))

    async def confirm_charges(payload: Mapping[str, str]) -> None:
        listed = None
        if payload.get("attempt") and payload.get("charge"):
            number, gateway = int(payload["attempt"]), payload["gateway"]
            listed = Attempt(number=number, gateway=gateway, reference=payload["charge"])
        payment_id = PaymentId(payload["payment_id"])
        await payments.confirm_charges(System(kind="confirm_charges"), payment_id=payment_id, listed=listed)

    return {
        "resolve_payment": resolve_payment,
        "stop_attempt": stop_attempt,
        "capture_payment": capture_payment,
        "process_webhook": process_webhook,
        "confirm_charges": confirm_charges,
        "foreign_webhook": foreign_webhook,  # of before there were marks
        "match_webhooks": match_webhooks,
    }


def _attempt_in(payload: Mapping[str, str]) -> int | None:
    """None in a job of before, which did not say it."""
    attempt = payload.get("attempt")
    return None if attempt is None else int(attempt)
