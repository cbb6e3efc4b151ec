"""Show how the payment of an order stands."""

from dataclasses import dataclass

from shopcore.aftersales.steps import OrderOfActor
from shopcore.kernel.actor import Actor
from shopcore.kernel.ids import OrderId
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.model import Payment
from shopcore.payments.ports import Payments


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowPayment:
    """The present attempt, with what its customer still has to do: a page that was closed can be opened again."""

    order_of: OrderOfActor
    payments: Payments

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> Payment:
        """Whose order it is may, and staff with `orders:read`.

        Raises `OrderNotFound`, or `PaymentNotFound` for an order that cost nothing.
        """
        order = await self.order_of(actor, order_id)
        payment = await self.payments.of_order(order.id)
        if payment is None:
            raise PaymentNotFound
        return payment
