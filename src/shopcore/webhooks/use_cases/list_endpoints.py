"""See who is told what."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.webhooks.model import Endpoint
from shopcore.webhooks.ports import Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class ListEndpoints:
    """All of them, oldest first: there are a handful."""

    endpoints: Endpoints

    async def __call__(self, actor: Actor) -> Sequence[Endpoint]:
        """Staff with `webhooks:read`."""
        permit(actor, "webhooks:read")
        return await self.endpoints.everything()
