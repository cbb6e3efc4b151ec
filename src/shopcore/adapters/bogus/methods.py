"""What the bogus gateway does, method by method: one row each."""

from collections.abc import Mapping

import msgspec

from shopcore.payments.model import PaymentState


class Delays(msgspec.Struct, frozen=True, kw_only=True):
    """How long the pretend bank takes, in seconds."""

    slow_seconds: float = 3.0
    webhook_seconds: float = 0.5
    late_seconds: float = 4.0
    silence_seconds: float = 60.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One method: the state it answers with, how it answers, and the webhooks that follow, as seconds and state.

    One that `is_closed` takes nothing, and says so. `settles_after` is when a payment that is processing is captured;
    no webhook says so earlier.
    """

    state: PaymentState = PaymentState.SUCCEEDED
    failure: str | None = None
    answers_after: float = 0.0
    answers: bool = True
    is_closed: bool = False
    settles_after: float | None = None
    webhooks: tuple[tuple[float, PaymentState], ...] = ()


def plans(delays: Delays, *, is_second: bool = False) -> Mapping[str, Plan]:
    """Every method by name, the default one first. `elsewhere` is taken by a second bank, and not by the first."""
    soon = delays.webhook_seconds
    return {
        "ok": Plan(),
        "authorized": Plan(state=PaymentState.AUTHORIZED),
        "declined": Plan(state=PaymentState.FAILED, failure="declined"),
        "requires_action": Plan(state=PaymentState.REQUIRES_ACTION),
        "lost_answer": Plan(answers=False, answers_after=delays.silence_seconds),
        "elsewhere": Plan(is_closed=not is_second),
        "slow": Plan(answers_after=delays.slow_seconds),
        "late_webhook": _processing(delays.late_seconds, (delays.late_seconds, PaymentState.SUCCEEDED)),
        "double_webhook": _processing(soon, (soon, PaymentState.SUCCEEDED), (2 * soon, PaymentState.SUCCEEDED)),
        "reordered_webhooks": _processing(soon, (soon, PaymentState.SUCCEEDED), (2 * soon, PaymentState.PROCESSING)),
    }


def _processing(settles_after: float, *webhooks: tuple[float, PaymentState]) -> Plan:
    return Plan(state=PaymentState.PROCESSING, settles_after=settles_after, webhooks=webhooks)
