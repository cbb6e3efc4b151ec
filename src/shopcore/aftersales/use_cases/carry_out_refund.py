"""Give money back through the gateway that took it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shopcore.aftersales.model import given_back, paid_amount
from shopcore.aftersales.steps import gateway_of
from shopcore.inventory.ports import Levels, Reservations
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import OrderId, RefundId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.events import OrderRefunded
from shopcore.ordering.model import Order, Refund, RefundStatus, settle_refund
from shopcore.ordering.ports import Orders
from shopcore.payments.errors import GatewayUnavailable, PaymentNotFound
from shopcore.payments.model import charged_by, with_tax
from shopcore.payments.ports import Ledger, PaymentGateway, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class CarryOutRefund:
    """Ask the gateway under the refund's own key, outside any transaction, then record what became of it."""

    orders: Orders
    payments: Payments
    gateways: Mapping[str, PaymentGateway]
    ledger: Ledger
    reservations: Reservations
    levels: Levels
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, order_id: OrderId, refund_id: RefundId) -> Order:
        """The shop itself, or staff with `orders:refund`. A settled refund is left as it is, and one that waits for a
        person, who will say so.

        Raises `GatewayUnavailable` while it is not settled, so that it is tried again.
        """
        permit(actor, "orders:refund")
        order = await self.orders.get(order_id)
        refund = next((known for known in order.refunds if known.id == refund_id), None)
        payment = await self.payments.of_order(order_id)
        if refund is None or payment is None:
            raise PaymentNotFound
        if refund.status is not RefundStatus.REQUESTED:
            return order
        charge = charged_by(payment, refund.attempt)
        report = await gateway_of(self.gateways, charge).refund(charge, refund_id, refund.amount)
        if report.done is None and report.is_by_hand:
            return order
        if report.done is None:
            raise GatewayUnavailable(payment.gateway)
        done, now, paid = report.done, self.clock.now(), paid_amount(payment, refund.amount.currency)
        if done and refund.restock:  # before it is written down, so that it is done again after a crash in between
            await self._restock(order_id, refund, now)

        async def work() -> Order:
            before: list[Order] = []

            def settle(held: Order) -> Order:
                before.append(held)
                return settle_refund(held, refund_id, done=done, paid=paid, at=now)

            settled = await self.orders.update(order_id, settle)
            # Of two who asked the bank at the same time, the second finds it settled, and says nothing of it.
            if done and settled.version != before[-1].version:
                known = await self.ledger.entries_of(order_id)
                await self.ledger.post(with_tax(given_back(payment, refund, now), known))
                await self.events.publish(OrderRefunded(at=now, order_id=order_id, refund_id=refund_id))
            return settled

        return await self.unit_of_work(work)

    async def _restock(self, order_id: OrderId, refund: Refund, at: datetime) -> None:
        """All goods, or those of its lines that are counted; each once, by its movement's id."""
        if not refund.lines:
            await self.reservations.release(order_id, at)
            return
        levels = await self.levels.find([line.sku for line in refund.lines])
        for line in refund.lines:
            if line.sku in levels and levels[line.sku].tracked:
                await self.levels.adjust(
                    line.sku,
                    line.quantity,
                    reason=f"refund of {order_id}",
                    movement_id=f"refund/{refund.id}/{line.sku}",
                    at=at,
                )
