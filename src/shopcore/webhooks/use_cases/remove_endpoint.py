"""Tell a system nothing any more."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.webhooks.model.endpoints import host_of
from shopcore.webhooks.ports import Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveEndpoint:
    """For good: its secrets go with it, and what waits for it is not sent."""

    endpoints: Endpoints
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, endpoint_id: str) -> None:
        """Staff with `webhooks:write`. Raises `EndpointNotFound`."""
        permit(actor, "webhooks:write")

        async def work() -> None:
            before = await self.endpoints.get(endpoint_id)
            await self.endpoints.remove(endpoint_id)
            await self.audit.record(
                actor,
                "webhook_endpoint.remove",
                f"webhook_endpoint:{endpoint_id}",
                before={"host": host_of(before.url)},
                after={},
            )

        await self.unit_of_work(work)
