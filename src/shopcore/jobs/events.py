"""What happened to jobs."""

from shopcore.kernel.events import Event
from shopcore.kernel.ids import JobId


class JobDiscarded(Event, frozen=True, kw_only=True):
    """Somebody has decided that what it was for is not done; `payload` holds ids, and tells the shop alone.

    `errors` is what its tries came to, each a code and a sentence, or the type of a bug.
    """

    job_id: JobId
    kind: str
    payload: dict[str, str]
    errors: tuple[str, ...] = ()
