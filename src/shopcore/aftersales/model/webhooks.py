"""How long what a gateway has said is worked on, and for how long it is kept."""

from datetime import datetime, timedelta

from shopcore.kernel.jobs import NewJob

KIND = "process_webhook"
FOREIGN = "foreign_webhook"
"""The jobs of what was said: to be done, and set aside."""

RETENTION = timedelta(days=90)
"""How long an event is known, so that it counts once: gateways send one again for days, and by hand for a month."""

FOREIGN_AFTER = timedelta(days=3)
"""How long it is tried to find a payment here that is spoken of: sooner than its job gives up. After that it is another
shop's, which is paid through the same account."""


def set_aside(gateway: str, event_id: str, received_at: datetime, now: datetime) -> NewJob | None:
    """Look once more when it would be forgotten, or when somebody says so; None where that time has come."""
    due = received_at + RETENTION
    payload = {"gateway": gateway, "event_id": event_id, "received_at": received_at.isoformat()}
    key = f"foreign/{gateway}/{event_id}/{now.isoformat()}"
    return None if now >= due else NewJob(kind=FOREIGN, payload=payload, unique_key=key, run_at=due)
