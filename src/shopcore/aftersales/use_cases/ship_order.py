"""Hand an order to a carrier."""

from dataclasses import dataclass

from shopcore.aftersales.model.books import is_promised_back
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import FulfillmentId, Ids, OrderId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.ordering.errors import NotPaid
from shopcore.ordering.events import OrderShipped
from shopcore.ordering.model import Fulfillment, Order, given_back, ship
from shopcore.ordering.ports import Orders
from shopcore.payments.model import PaymentLife, is_promised, life_of
from shopcore.payments.ports import Ledger, Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class ShipOrder:
    """Everything in one parcel, with its tracking number if there is one."""

    orders: Orders
    payments: Payments
    ledger: Ledger
    events: Events
    audit: Audit
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(
        self, actor: Actor, *, order_id: OrderId, carrier: str | None = None, tracking_number: str | None = None
    ) -> Order:
        """Staff with `orders:write`. Raises `OrderNotFound`, `TransitionRefused`, or `NotPaid` while money is held,
        unless it is paid at the door, and where all of it went back, or is to go back, or is disputed.
        """
        permit(actor, "orders:write")
        now = self.clock.now()
        parcel = Fulfillment(
            id=FulfillmentId(self.ids.new()), shipped_at=now, carrier=carrier, tracking_number=tracking_number
        )

        async def work() -> Order:
            payment, entries = await self.payments.of_order(order_id), await self.ledger.entries_of(order_id)

            def send(held: Order) -> Order:
                shipped = ship(held, parcel, name_of(actor), pays_at_door=is_promised(payment))
                life = payment and life_of(payment, given_back(held, payment.amount.currency))
                if life in {PaymentLife.REFUNDED, PaymentLife.DISPUTED}:
                    raise NotPaid(life)
                if is_promised_back(held, payment, entries):
                    raise NotPaid("being refunded")
                return shipped

            order = await self.orders.update(order_id, send)
            await self.events.publish(OrderShipped(at=now, order_id=order_id))
            await self.audit.record(actor, "order.ship", order_id, before={}, after={"status": order.status})
            return order

        return await self.unit_of_work(work)
