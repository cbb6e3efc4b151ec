"""See one endpoint."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.webhooks.model import Endpoint
from shopcore.webhooks.ports import Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowEndpoint:
    """How it stands: whether it is on, and since when it has taken nothing."""

    endpoints: Endpoints

    async def __call__(self, actor: Actor, *, endpoint_id: str) -> Endpoint:
        """Staff with `webhooks:read`. Raises `EndpointNotFound`."""
        permit(actor, "webhooks:read")
        return await self.endpoints.get(endpoint_id)
