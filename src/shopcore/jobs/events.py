"""What happened to jobs."""

from shopcore.kernel.events import Event
from shopcore.kernel.ids import JobId


class JobDiscarded(Event, frozen=True, kw_only=True):
    """Somebody has decided that what it was for is not done; `payload` holds ids, and tells the shop alone."""

    job_id: JobId
    kind: str
    payload: dict[str, str]
