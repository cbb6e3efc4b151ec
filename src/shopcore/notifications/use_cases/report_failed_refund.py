"""Tell staff of money that did not go back."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import OrderId, RefundId
from shopcore.notifications.model import failed_refund
from shopcore.notifications.steps import Deliver
from shopcore.ordering.model import failed_refunds
from shopcore.ordering.ports import Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportFailedRefund:
    """One mail for each refund, unless somebody has asked for it again before it could go."""

    orders: Orders
    deliver: Deliver
    to: str | None

    async def __call__(self, actor: Actor, *, order_id: OrderId, refund_id: RefundId) -> None:
        """The shop itself; nothing where no address is set. Raises as `Deliver`, and `OrderNotFound`."""
        permit(actor, "mail:write")
        if self.to is None:
            return
        order = await self.orders.get(order_id)
        failed = next((refund for refund in failed_refunds(order) if refund.id == refund_id), None)
        if failed is not None:
            await self.deliver(failed_refund(self.to, order, failed))
