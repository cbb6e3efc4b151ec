"""Tell staff that another system is told nothing any more."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.notifications.model import endpoint_off
from shopcore.notifications.steps import Deliver
from shopcore.webhooks.errors import EndpointNotFound
from shopcore.webhooks.ports import Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportEndpointOff:
    """One mail for each time that the shop itself has switched a webhook endpoint off."""

    endpoints: Endpoints
    deliver: Deliver
    to: str | None

    async def __call__(self, actor: Actor, *, endpoint_id: str, off_since: datetime) -> None:
        """The shop itself; nothing where no address is set, or where staff have seen to it. Raises as `Deliver`."""
        permit(actor, "mail:write")
        if self.to is None:
            return
        try:
            endpoint = await self.endpoints.get(endpoint_id)
        except EndpointNotFound:
            return
        if endpoint.off_since == off_since:
            await self.deliver(endpoint_off(self.to, endpoint, off_since))
