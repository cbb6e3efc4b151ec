"""Tell staff of money that was held, and is not."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import OrderId
from shopcore.notifications.model import lapsed_hold
from shopcore.notifications.steps import Deliver
from shopcore.ordering.model import OrderStatus, PaymentStatus
from shopcore.ordering.ports import Orders

_NOT_PAID = {PaymentStatus.UNPAID, PaymentStatus.FAILED}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportLapsedHold:
    """One mail for each attempt to pay, unless the order has ended or is paid otherwise before it could go."""

    orders: Orders
    deliver: Deliver
    to: str | None

    async def __call__(self, actor: Actor, *, order_id: OrderId, attempt: str) -> None:
        """The shop itself; nothing where no address is set. Raises as `Deliver`, and `OrderNotFound`."""
        permit(actor, "mail:write")
        if self.to is None:
            return
        order = await self.orders.get(order_id)
        if order.status is not OrderStatus.CANCELLED and order.payment_status in _NOT_PAID:
            await self.deliver(lapsed_hold(self.to, order, attempt))
