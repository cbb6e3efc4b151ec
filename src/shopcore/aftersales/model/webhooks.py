"""How long what a gateway has said is worked on, and for how long it is kept."""

from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.jobs import NewJob
from shopcore.payments.ports import Aside

KIND = "process_webhook"
FOREIGN = "foreign_webhook"
"""The jobs of what was said; of what is set aside there was one, too, before it was marked."""

MOST_TRIES = 232
"""About a week: as long as what moves money is tried, and longer than any outage."""

RETENTION = timedelta(days=90)
"""How long an event is known, so that it counts once: gateways send one again for days, and by hand for a month."""

_TRIES = (timedelta(minutes=1), timedelta(minutes=10))
"""After what time it is looked again for a payment that is spoken of and is not here: it may be written at this moment.
Then the event is set aside: it may come back with a backup, but of another shop there may be thousands a day."""

_LOOKS = (
    *(timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3)),
    *(timedelta(days=10), timedelta(days=30), timedelta(days=60)),
)
"""After what time it is looked, for hundreds at once, whether the payment of what was set aside is here."""


def try_again_at(received_at: datetime, now: datetime) -> datetime | None:
    """When to look again whether the payment is here; None where the event is to be set aside."""
    return next((received_at + each for each in _TRIES if received_at + each > now), None)


def look_at(received_at: datetime, now: datetime) -> datetime | None:
    """When to look next at an event that is set aside; None when there is nothing more to wait for."""
    return next((received_at + each for each in (*_LOOKS, RETENTION) if received_at + each > now), None)


def looked_at(aside: Aside, now: datetime) -> Aside | None:
    """One whose payment is still not here; None when it is to be forgotten."""
    at = look_at(aside.received_at, now)
    return None if at is None else msgspec.structs.replace(aside, look_at=at)


def done_again(aside: Aside, now: datetime) -> NewJob:
    """The job that does what was set aside."""
    payload = {"gateway": aside.gateway, "event_id": aside.event_id, "received_at": aside.received_at.isoformat()}
    key = f"webhook/{aside.gateway}/{aside.event_id}/{now.isoformat()}"
    return NewJob(kind=KIND, payload=payload, unique_key=key, max_attempts=MOST_TRIES)
