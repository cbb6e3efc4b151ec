"""How long what a gateway has said is worked on, and for how long it is kept."""

from datetime import datetime, timedelta

from shopcore.kernel.jobs import NewJob

KIND = "process_webhook"
FOREIGN = "foreign_webhook"
"""The jobs of what was said: to be done, and set aside."""

MOST_TRIES = 232
"""About a week: as long as what moves money is tried, and longer than any outage."""

RETENTION = timedelta(days=90)
"""How long an event is known, so that it counts once: gateways send one again for days, and by hand for a month."""

_TRIES = (
    *(timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)),
    *(timedelta(hours=6), timedelta(days=1), timedelta(days=3)),
)
"""After what time it is looked again for a payment that is spoken of and is not here: it may be written at this moment,
or come back with a backup. Seldom, for of another shop on the same account there may be thousands a day."""

FOREIGN_AFTER = _TRIES[-1]
"""From when on it is taken for another shop's, and set aside."""

_LOOKS = (timedelta(days=10), timedelta(days=30), timedelta(days=60), RETENTION)
"""After what time it is looked once more for what was set aside."""


def try_again_at(received_at: datetime, now: datetime) -> datetime | None:
    """When to look again whether the payment is here; None where it is to be set aside."""
    return next((received_at + each for each in _TRIES if received_at + each > now), None)


def set_aside(gateway: str, event_id: str, received_at: datetime, now: datetime) -> NewJob | None:
    """Look once more days and months later, or when somebody says so; None when it is to be forgotten."""
    due = next((received_at + each for each in _LOOKS if received_at + each > now), None)
    payload = {"gateway": gateway, "event_id": event_id, "received_at": received_at.isoformat()}
    key = f"foreign/{gateway}/{event_id}/{now.isoformat()}"
    if due is None:
        return None
    return NewJob(kind=FOREIGN, payload=payload, unique_key=key, run_at=due, max_attempts=MOST_TRIES)
