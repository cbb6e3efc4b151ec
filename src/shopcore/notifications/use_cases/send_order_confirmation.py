"""Tell a customer that their order is paid."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import OrderId
from shopcore.notifications.model import order_confirmation
from shopcore.notifications.ports import Mailer, Templates
from shopcore.ordering.ports import Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class SendOrderConfirmation:
    """One mail to one order, however often it is asked for: its key is the order's."""

    orders: Orders
    templates: Templates
    mailer: Mailer

    async def __call__(self, actor: Actor, *, order_id: OrderId) -> None:
        """The shop itself, or staff with `mail:write`. Raises `OrderNotFound`, `NoRecipient`, or as
        `Templates.write` and `Mailer.send`.
        """
        permit(actor, "mail:write")
        draft = order_confirmation(await self.orders.get(order_id))
        await self.mailer.send(self.templates.write(draft))
