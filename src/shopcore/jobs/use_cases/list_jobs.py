"""Look at the queue."""

from dataclasses import dataclass

from shopcore.jobs.model import Job, JobState
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListJobs:
    """Jobs, newest first, of one state or all, a page at a time."""

    queue: Queue
    signer: Signer

    async def __call__(
        self, actor: Actor, *, state: JobState | None = None, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[Job]:
        """Staff with `jobs:read`. Raises `InvalidCursor` for a cursor of another list or state."""
        permit(actor, "jobs:read")
        name = list_name("jobs", state)
        found = await self.queue.page(state, decode_cursor(self.signer, name, cursor), limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
