"""Forget what gateways said long ago."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shopcore.aftersales.model.webhooks import FOREIGN, KIND, RETENTION
from shopcore.jobs.model import JobState
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.payments.ports import Inbox

_AT_ONCE = 5_000  # keeps the transaction short; the rest goes with the next tick


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetWebhooks:
    """Remove events after 90 days. Those that could not be done stay until somebody has decided on them."""

    inbox: Inbox
    queue: Queue
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself, or staff with `payments:write`. Answers how many were forgotten."""
        permit(actor, "payments:write")
        undone = {each async for each in self._undone()}
        return await self.inbox.forget(self.clock.now() - RETENTION, _AT_ONCE, undone)

    async def _undone(self) -> AsyncIterator[tuple[str, str]]:
        after: Position | None = None
        while True:
            page = await self.queue.page(JobState.DEAD, after, MAX_LIMIT)
            for job in page.items:
                if job.kind in {KIND, FOREIGN}:
                    yield job.payload["gateway"], job.payload["event_id"]
            after = page.next_position
            if after is None:
                return
