"""Write a note on an order."""

from dataclasses import dataclass

from shopcore.aftersales.model.refunds import checked_reason
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import Order, annotate
from shopcore.ordering.ports import Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnotateOrder:
    """What staff have to say about an order stands in its timeline, which its buyer reads too."""

    orders: Orders
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, text: str) -> Order:
        """Staff with `orders:write`. Raises `OrderNotFound`, or `InvalidInput` for an empty or too long text."""
        permit(actor, "orders:write")
        if not checked_reason(text, "text").strip():
            raise InvalidInput.of("text", "required", "must not be empty")
        now = self.clock.now()

        async def work() -> Order:
            order = await self.orders.update(order_id, lambda held: annotate(held, text, now, name_of(actor)))
            await self.audit.record(actor, "order.note", order_id, before={}, after={"length": str(len(text))})
            return order

        return await self.unit_of_work(work)
