"""Tell other systems what happened to an order."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids, OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import Order
from shopcore.ordering.ports import Orders
from shopcore.webhooks.model import Announcement, event_id, type_of
from shopcore.webhooks.ports import Announcements, Endpoints
from shopcore.webhooks.steps import SendOut


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnounceOrder:
    """Every step of the order's timeline that was not told yet, in one transaction. Safe to run again.

    The number of a step is its place in the timeline, so nothing is left out and nothing is told under two ids,
    whichever of the order's changes is noticed first.
    """

    orders: Orders
    endpoints: Endpoints
    announcements: Announcements
    send_out: SendOut
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> None:
        """The shop itself. Raises `OrderNotFound`."""
        permit(actor, "events:write")
        order = await self.orders.get(order_id)
        places = [self.ids.new() for _ in order.timeline]
        now = self.clock.now()

        async def work() -> None:
            told = await self.announcements.tell(order_id, len(order.timeline))
            events = [_announcement(order, number, places[number - 1]) for number in range(told + 1, len(places) + 1)]
            if events:
                await self.announcements.append(*events)
                await self.send_out.first(await self.endpoints.everything(), events, now)

        await self.unit_of_work(work)


def _announcement(order: Order, sequence: int, place: str) -> Announcement:
    entry = order.timeline[sequence - 1]
    return Announcement(
        id=event_id(order.id, sequence),
        place=place,
        type=type_of(entry.event),
        at=entry.at,
        order_id=order.id,
        order_number=order.number,
        sequence=sequence,
        total=order.totals.total,
    )
