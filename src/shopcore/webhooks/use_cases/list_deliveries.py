"""See what was sent to an endpoint, and what came of it."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.webhooks.model import Delivery, DeliveryState
from shopcore.webhooks.ports import Deliveries, Endpoints


@dataclass(frozen=True, kw_only=True, slots=True)
class ListDeliveries:
    """The latest event first, each with its latest tries."""

    endpoints: Endpoints
    deliveries: Deliveries
    signer: Signer

    async def __call__(
        self,
        actor: Actor,
        *,
        endpoint_id: str,
        state: DeliveryState | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[Delivery]:
        """Staff with `webhooks:read`. Raises `EndpointNotFound`, or `InvalidCursor` for a cursor of another list."""
        permit(actor, "webhooks:read")
        name = list_name("webhook_deliveries", endpoint_id, state)
        after = decode_cursor(self.signer, name, cursor)
        await self.endpoints.get(endpoint_id)
        found = await self.deliveries.page(endpoint_id, state, after, limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
