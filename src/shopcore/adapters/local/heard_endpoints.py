"""The endpoints of webhooks, and whether there are any, held for a moment: every change of an order asks that."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shopcore.kernel.clock import Clock
from shopcore.webhooks.model import Endpoint
from shopcore.webhooks.ports import Endpoints

HELD_FOR = timedelta(seconds=1)


class HeardEndpoints:
    """The store's endpoints. Whether there are any was so at most a second ago; this process sees its own changes."""

    def __init__(self, endpoints: Endpoints, clock: Clock) -> None:
        self._endpoints = endpoints
        self._clock = clock
        self._has_any = False
        self._until: datetime | None = None

    async def has_any(self) -> bool:
        """Whether anybody is to be told anything, also one who is switched off: what they miss is in the log."""
        now = self._clock.now()
        if self._until is None or not now < self._until <= now + HELD_FOR:
            self._has_any, self._until = bool(await self._endpoints.everything()), now + HELD_FOR
        return self._has_any

    async def settle_among(self) -> None:
        """See the port."""
        await self._endpoints.settle_among()

    async def everything(self) -> Sequence[Endpoint]:
        """See the port."""
        return await self._endpoints.everything()

    async def get(self, endpoint_id: str) -> Endpoint:
        """See the port."""
        return await self._endpoints.get(endpoint_id)

    async def add(self, endpoint: Endpoint) -> None:
        """See the port. What it is added beside may be undone, so nothing is held until somebody asks again."""
        await self._endpoints.add(endpoint)
        self._until = None

    async def change(self, endpoint_id: str, change: Callable[[Endpoint], Endpoint]) -> Endpoint:
        """See the port."""
        return await self._endpoints.change(endpoint_id, change)

    async def remove(self, endpoint_id: str) -> None:
        """See the port."""
        await self._endpoints.remove(endpoint_id)
        self._until = None
