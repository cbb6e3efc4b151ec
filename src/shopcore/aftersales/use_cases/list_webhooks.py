"""Look at what gateways have said and the shop could not do."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.aftersales.model import WebhookAtWork
from shopcore.aftersales.model.webhooks import FOREIGN, KIND
from shopcore.jobs.model import Job, JobState
from shopcore.jobs.ports import Queue
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.payments.ports import Aside, Inbox


@dataclass(frozen=True, kw_only=True, slots=True)
class ListWebhooks:
    """Stored webhooks whose job stands so: those given up are kept for a person to read, and to have tried again; or
    those that were set aside.
    """

    queue: Queue
    inbox: Inbox

    async def __call__(
        self, actor: Actor, *, state: JobState = JobState.DEAD, foreign: bool = False, limit: int = MAX_LIMIT
    ) -> Sequence[WebhookAtWork]:
        """Staff with `jobs:read`. The newest first; or with `foreign` those that were set aside, since they speak of
        payments that this shop has not.
        """
        permit(actor, "jobs:read")
        if foreign:
            return [await self._aside(each) for each in await self._all_aside(limit)]
        found: list[Job] = []
        after: Position | None = None
        while len(found) < limit:
            page = await self.queue.page(state, after, MAX_LIMIT)
            found.extend(job for job in page.items if job.kind in {KIND, FOREIGN})
            after = page.next_position
            if after is None:
                break
        return [await self._shown(job) for job in found[:limit]]

    async def _all_aside(self, limit: int) -> Sequence[Aside]:
        found: list[Aside] = []
        after: Position | None = None
        while len(found) < limit:
            page = await self.inbox.all_aside(after, min(MAX_LIMIT, limit - len(found)))
            found.extend(page.items)
            after = page.next_position
            if after is None:
                break
        return found

    async def _aside(self, aside: Aside) -> WebhookAtWork:
        event = await self.inbox.get(aside.gateway, aside.event_id)
        return WebhookAtWork(
            job_id=None,
            gateway=aside.gateway,
            event_id=aside.event_id,
            type=event.type if event else "",
            payment_id=aside.payment_id,
            says=event.report.state if event and event.report else None,
            received_at=aside.received_at,
            state="aside",
            attempts=0,
            last_error=None,
        )

    async def _shown(self, job: Job) -> WebhookAtWork:
        gateway, event_id = job.payload["gateway"], job.payload["event_id"]
        event = await self.inbox.get(gateway, event_id)
        report = event.report if event else None
        return WebhookAtWork(
            job_id=job.id,
            gateway=gateway,
            event_id=event_id,
            type=event.type if event else "",
            payment_id=report.payment_id if report else None,
            says=report.state if report else None,
            received_at=job.created_at,
            state=job.state.value,
            attempts=job.attempts,
            last_error=job.last_error,
        )
