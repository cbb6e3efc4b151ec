"""Tell a customer what has become of their order."""

from dataclasses import dataclass

from shopcore.identity.errors import AccountNotFound
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import OrderId
from shopcore.notifications.model import OrderNotice, order_mail, still_holds
from shopcore.notifications.steps import Deliver
from shopcore.ordering.model import Order
from shopcore.ordering.ports import Orders


@dataclass(frozen=True, kw_only=True, slots=True)
class SendOrderMail:
    """One mail of a kind on one subject, however often it is asked for: its key is made of them."""

    orders: Orders
    accounts: Accounts
    deliver: Deliver

    async def __call__(self, actor: Actor, *, order_id: OrderId, notice: OrderNotice, subject: str = "") -> None:
        """The shop itself, or staff with `mail:write`. What does not hold any more is not told, nor is anything of an
        order whose buyer was forgotten meanwhile.

        Written in the order's language, or its customer's. Raises `OrderNotFound`, or as `Deliver`.
        """
        permit(actor, "mail:write")
        order = await self.orders.get(order_id)
        if order.contact.email is not None and still_holds(order, notice):
            draft = order_mail(order, notice, subject, await self._locale(order))
            await self.deliver(draft)

    async def _locale(self, order: Order) -> str | None:
        if order.contact.locale is not None or order.customer_id is None:
            return order.contact.locale
        try:
            return (await self.accounts.get(order.customer_id)).locale
        except AccountNotFound:
            return None
