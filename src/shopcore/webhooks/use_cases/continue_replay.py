"""Go on with a replay."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.errors import EndpointNotFound
from shopcore.webhooks.ports import Announcements, Endpoints
from shopcore.webhooks.steps import SendOut, page_of_replay

_AT_ONCE = 50  # keeps the transaction short; the next page is a job of its own


@dataclass(frozen=True, kw_only=True, slots=True)
class ContinueReplay:
    """A page of events, and a job for the next one. Safe to run again: no event is sent twice by one replay."""

    endpoints: Endpoints
    announcements: Announcements
    send_out: SendOut
    jobs: Jobs
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, endpoint_id: str, replay: str, after: str) -> None:
        """The shop itself. An endpoint that is gone or switched off ends it."""
        permit(actor, "events:write")
        now = self.clock.now()

        async def work() -> None:
            endpoint = await self.endpoints.get(endpoint_id)
            page = await self.announcements.after(after, _AT_ONCE)
            events = [event for event in page if event.place < replay]
            await self.send_out.again(endpoint, events, now, replay)
            if endpoint.is_on and len(events) == _AT_ONCE:
                await self.jobs.enqueue(page_of_replay(endpoint_id, replay, events[-1].place))

        try:
            await self.unit_of_work(work)
        except EndpointNotFound:
            return
