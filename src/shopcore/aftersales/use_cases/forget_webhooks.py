"""Forget what gateways said long ago."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from shopcore.aftersales.model.webhooks import FOREIGN, KIND, RETENTION
from shopcore.jobs.model import Job, JobState
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.payments.ports import Inbox

_AT_ONCE = 5_000  # keeps the transaction short; the rest goes with the next tick
_UNDONE = (JobState.DEAD, JobState.WAITING, JobState.LEASED, JobState.WAITING, JobState.DEAD)
"""As they are listed: a job moves on meanwhile, and what was leased at first waits again, or is dead, at the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetWebhooks:
    """Remove events after 90 days. Those that could not be done stay until somebody has decided on them, and those that
    are tried once more until that has ended.
    """

    inbox: Inbox
    queue: Queue
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `payments:write`. Answers how many were forgotten."""
        permit(actor, "payments:write")
        before = self.clock.now() - RETENTION
        undone = {each for state in _UNDONE async for each in self._of_jobs(state, before)}
        return await self.inbox.forget(before, _AT_ONCE, undone)

    async def _of_jobs(self, state: JobState, before: datetime) -> AsyncIterator[tuple[str, str]]:
        """The events of before that are worked on by jobs that stand so."""
        after: Position | None = None
        while True:
            page = await self.queue.page(state, after, MAX_LIMIT)
            for job in page.items:
                if job.kind in {KIND, FOREIGN} and _received_at(job) < before:
                    yield job.payload["gateway"], job.payload["event_id"]
            after = page.next_position
            if after is None:
                return


def _received_at(job: Job) -> datetime:
    said = job.payload.get("received_at")
    return job.created_at if said is None else datetime.fromisoformat(said)
