"""What webhooks need from outside."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shopcore.kernel.ids import OrderId
from shopcore.kernel.paging import Position, Slice
from shopcore.webhooks.model import Announcement, Answer, Delivery, DeliveryState, Endpoint


class Endpoints(Protocol):
    """The receivers of one shop, a handful. Their secrets are stored sealed."""

    async def settle_among(self) -> None:
        """Be the only one who decides by what there is, until the unit of work in progress has ended.

        - MUST be called inside a unit of work.
        - Of units that have called this, a later one MUST see what an earlier one wrote: it waits, or is run again.
        """
        ...

    async def everything(self) -> Sequence[Endpoint]:
        """All of them, oldest first (by id). May be asked for inside a unit of work."""
        ...

    async def get(self, endpoint_id: str) -> Endpoint:
        """Raises `EndpointNotFound`."""
        ...

    async def add(self, endpoint: Endpoint) -> None:
        """Keep a new one; one of its id that is there stays as it is."""
        ...

    async def change(self, endpoint_id: str, change: Callable[[Endpoint], Endpoint]) -> Endpoint:
        """Apply a transition to what is stored, atomically, and count its version up; answers the outcome.

        Raises `EndpointNotFound`, or what `change` raises. A `change` that returns an equal one is a no-op.
        """
        ...

    async def remove(self, endpoint_id: str) -> None:
        """Raises `EndpointNotFound`."""
        ...


class Announcements(Protocol):
    """The log of everything that is told, in the order of its places."""

    async def tell(self, order_id: OrderId, until: int) -> int:
        """Write down that an order's steps are told up to this number, unless more are; answers how many were before.

        - MUST be called inside a unit of work, and MUST be undone with it.
        - Of several callers at once, each step MUST be new to exactly one.
        """
        ...

    async def append(self, *events: Announcement) -> None:
        """Add to the log; an event that is there, by its id, stays as it is."""
        ...

    async def get(self, event_id: str) -> Announcement:
        """Raises `AnnouncementNotFound`."""
        ...

    async def after(self, place: str, limit: int) -> Sequence[Announcement]:
        """The first ones after a place, in their order; after `""`, from the beginning."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove at most so many that were told before that, by their places; answers how many."""
        ...


class Deliveries(Protocol):
    """How far each event has come to each endpoint that it is for."""

    async def add(self, *deliveries: Delivery) -> None:
        """Keep new ones; one of its endpoint and event that is there stays as it is."""
        ...

    async def get(self, endpoint_id: str, event_id: str) -> Delivery:
        """Raises `DeliveryNotFound`."""
        ...

    async def change(self, endpoint_id: str, event_id: str, change: Callable[[Delivery], Delivery]) -> Delivery:
        """Apply a transition to what is stored, atomically; answers the outcome. Raises `DeliveryNotFound`."""
        ...

    async def page(
        self, endpoint_id: str, state: DeliveryState | None, after: Position | None, limit: int
    ) -> Slice[Delivery]:
        """Those of an endpoint, the latest event first."""
        ...

    async def walk(self, after: str, limit: int) -> Sequence[tuple[str, Delivery]]:
        """All there are, each with its key, in the order of their keys: for a move to another store."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove at most so many whose event was told before that, by their places; answers how many."""
        ...


class WebhookSender(Protocol):
    """The way out."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST this once, and say what came of it, within `SEND_SECONDS`.

        - MUST NOT connect to an address that is not public, unless it is in a network that the shop allows; whatever
          a name resolved to before, the address that is connected to is the one that was checked.
        - MUST NOT follow a redirect, and MUST verify the certificate of an https:// URL.
        - MUST NOT raise for what the other side does, or does not do: that is an answer.
        - MUST NOT have more than `MOST_UNDER_WAY` under way to one endpoint. Raises `EndpointBusy` where none of them
          has ended soon, with the time after which it may be asked again. MUST give each a later time, so far apart as
          the endpoint answers: however many wait for a slow one, they take neither the time nor the places of others.
        """
        ...


SEND_SECONDS = 15.0
"""How long one try may take: Standard Webhooks recommends 15 to 30, and a job may take 25."""

MOST_UNDER_WAY = 10
"""How many tries one endpoint is sent at a time, by each server."""
