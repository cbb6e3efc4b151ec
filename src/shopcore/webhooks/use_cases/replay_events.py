"""Send an endpoint again what it missed."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.ids import Ids
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.errors import EndpointOff
from shopcore.webhooks.ports import Announcements, Endpoints
from shopcore.webhooks.steps import page_of_replay


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayEvents:
    """Every event after an offset, of the types that it wants, under their ids."""

    endpoints: Endpoints
    announcements: Announcements
    jobs: Jobs
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids

    async def __call__(self, actor: Actor, *, endpoint_id: str, after: str | None = None) -> None:
        """Staff with `webhooks:write`. `after` is the event to begin behind; None begins with the oldest that is kept.

        Raises `EndpointNotFound`, `EndpointOff` or `AnnouncementNotFound`.
        """
        permit(actor, "webhooks:write")
        replay = self.ids.new()  # what is told from now on sorts behind it, and is sent by itself

        async def work() -> None:
            if not (await self.endpoints.get(endpoint_id)).is_on:
                raise EndpointOff
            place = "" if after is None else (await self.announcements.get(after)).place
            await self.jobs.enqueue(page_of_replay(endpoint_id, replay, place))
            subject, said = f"webhook_endpoint:{endpoint_id}", {"after": after or "the beginning"}
            await self.audit.record(actor, "webhook_endpoint.replay", subject, before={}, after=said)

        await self.unit_of_work(work)
