"""Record that an order has arrived."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import FulfillmentId, OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.events import OrderDelivered
from shopcore.ordering.model import Order, deliver
from shopcore.ordering.ports import Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverOrder:
    """The last step of an order's life."""

    orders: Orders
    events: Events
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, parcel_id: FulfillmentId | None = None) -> Order:
        """Staff with `orders:write`. `parcel_id` names the parcel that has arrived; there is one.

        Raises `OrderNotFound`, `FulfillmentNotFound`, or `TransitionRefused` unless it is shipped.
        """
        permit(actor, "orders:write")
        now = self.clock.now()

        async def work() -> Order:
            order = await self.orders.update(order_id, lambda held: deliver(held, now, name_of(actor), parcel_id))
            await self.events.publish(OrderDelivered(at=now, order_id=order_id))
            await self.audit.record(actor, "order.deliver", order_id, before={}, after={"status": order.status})
            return order

        return await self.unit_of_work(work)
