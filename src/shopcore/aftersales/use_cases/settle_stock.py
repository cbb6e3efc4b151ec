"""Take an order's goods from the shelf once it is paid, or put them back once it has ended."""

from dataclasses import dataclass

from shopcore.aftersales.model.refunds import has_come_back
from shopcore.inventory.ports import Reservations
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.model import OrderStatus
from shopcore.ordering.ports import Orders
from shopcore.pricing.ports import Coupons


@dataclass(frozen=True, kw_only=True, slots=True)
class SettleStock:
    """Follows the order as it stands now, so that jobs that come late, twice or in any order end the same."""

    orders: Orders
    reservations: Reservations
    coupons: Coupons
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> None:
        """The shop itself, or staff with `inventory:write`. Raises `OrderNotFound`."""
        permit(actor, "inventory:write")
        now, order = self.clock.now(), await self.orders.get(order_id)
        if has_come_back(order):
            return
        # The stock follows an order that is durable, in steps of its own: a store may not be able to undo them.
        match order.status:
            case OrderStatus.PENDING:
                return
            case OrderStatus.CANCELLED:
                await self.reservations.release(order_id, now)
                await self.unit_of_work(lambda: self.coupons.give_back(order_id))
            case OrderStatus.PROCESSING | OrderStatus.SHIPPED | OrderStatus.DELIVERED:
                await self.reservations.commit(order_id, now)
