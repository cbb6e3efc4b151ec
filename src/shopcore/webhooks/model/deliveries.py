"""One event on its way to one endpoint: tried at once, then at growing intervals for two days."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=16, minutes=25),
)
"""How long is waited after each failed try: 48 hours from the first to the last, spread as Standard Webhooks does."""

KEPT_TRIES = 20
"""How many tries of a delivery are kept, the latest."""

_LONGEST_WAIT = 86_400.0  # seconds; no endpoint may ask for more
_JITTER = 0.1  # of a pause, so that what failed together is not all tried again together


class DeliveryState(StrEnum):
    """Where a delivery stands. What has failed or arrived may be sent again, which begins it anew."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one request: a status, or the reason why there is none. `retry_after` is in seconds."""

    status: int | None = None
    problem: str = ""
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        """Any status of success; a redirect is none."""
        return self.status is not None and 200 <= self.status <= 299

    @property
    def is_refused_for_good(self) -> bool:
        """410 Gone: this endpoint wants nothing any more."""
        return self.status == 410


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One request, for whoever looks into it."""

    at: datetime
    status: int | None = None
    problem: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """`place` is that of its event. `round` counts how often somebody had it sent anew, `tries` those of this round.

    `replay` is the act by which it was last sent again, so that none sends it twice.
    """

    endpoint_id: str
    event_id: str
    place: str
    type: str
    created_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    round: int = 1
    tries: int = 0
    next_at: datetime | None = None
    log: tuple[Try, ...] = ()
    replay: str = ""

    @property
    def turn(self) -> str:
        """Names the try that is next, so that no job does it a second time."""
        return f"{self.round}.{self.tries}"


def tried(delivery: Delivery, answer: Answer, now: datetime) -> Delivery:
    """The delivery after one more try: arrived, waiting for the next one, or given up."""
    entry = Try(at=now, status=answer.status, problem=answer.problem)
    state, next_at = DeliveryState.WAITING, None
    if answer.is_taken:
        state = DeliveryState.DELIVERED
    elif delivery.tries >= len(PAUSES) or answer.is_refused_for_good:
        state = DeliveryState.FAILED
    else:
        next_at = now + _pause(delivery, answer.retry_after)
    return msgspec.structs.replace(
        delivery, state=state, tries=delivery.tries + 1, next_at=next_at, log=(*delivery.log, entry)[-KEPT_TRIES:]
    )


def dropped(delivery: Delivery, problem: str, now: datetime) -> Delivery:
    """Given up without another try."""
    log = (*delivery.log, Try(at=now, problem=problem))[-KEPT_TRIES:]
    return msgspec.structs.replace(delivery, state=DeliveryState.FAILED, next_at=None, log=log)


def anew(delivery: Delivery, replay: str) -> Delivery:
    """To be sent again from the first try on, however it ended; the same one if this very act asked for it before."""
    if delivery.replay == replay:
        return delivery
    return msgspec.structs.replace(
        delivery, state=DeliveryState.WAITING, round=delivery.round + 1, tries=0, next_at=None, replay=replay
    )


def _pause(delivery: Delivery, retry_after: float | None) -> timedelta:
    """The next one, or longer where the endpoint asks for that, and a little more by what delivery it is."""
    asked = timedelta() if retry_after is None else timedelta(seconds=min(max(retry_after, 0), _LONGEST_WAIT))
    name = f"{delivery.endpoint_id}/{delivery.event_id}/{delivery.turn}"
    fraction = hashlib.blake2b(name.encode(), digest_size=1).digest()[0] / 255
    return max(PAUSES[delivery.tries], asked) * (1 + _JITTER * fraction)
