"""Send one event again."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.ids import Ids
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.errors import EndpointOff
from shopcore.webhooks.model import Delivery
from shopcore.webhooks.model.deliveries import anew
from shopcore.webhooks.ports import Deliveries, Endpoints
from shopcore.webhooks.steps import job_of


@dataclass(frozen=True, kw_only=True, slots=True)
class ResendDelivery:
    """Under its id, from the first try on, whatever became of it before."""

    endpoints: Endpoints
    deliveries: Deliveries
    jobs: Jobs
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids

    async def __call__(self, actor: Actor, *, endpoint_id: str, event_id: str) -> Delivery:
        """Staff with `webhooks:write`. Raises `EndpointNotFound`, `DeliveryNotFound` or `EndpointOff`."""
        permit(actor, "webhooks:write")
        replay = self.ids.new()

        async def work() -> Delivery:
            if not (await self.endpoints.get(endpoint_id)).is_on:
                raise EndpointOff
            due = await self.deliveries.change(endpoint_id, event_id, lambda held: anew(held, replay))
            await self.jobs.enqueue(job_of(due))
            subject, after = f"webhook_endpoint:{endpoint_id}", {"event": event_id}
            await self.audit.record(actor, "webhook_endpoint.resend", subject, before={}, after=after)
            return due

        return await self.unit_of_work(work)
