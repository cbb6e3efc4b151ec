"""Look through the orders."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.ordering.model import Order, OrderStatus
from shopcore.ordering.ports import OrderFilter, OrderList


@dataclass(frozen=True, kw_only=True, slots=True)
class ListOrders:
    """Newest first, by status or by the customer's e-mail address."""

    order_list: OrderList
    emails: EmailAddresses
    signer: Signer

    async def __call__(
        self,
        actor: Actor,
        *,
        status: OrderStatus | None = None,
        email: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[Order]:
        """Staff with `orders:read`. Raises `InvalidInput` for no e-mail address, `InvalidCursor`."""
        permit(actor, "orders:read")
        wanted = OrderFilter(status=status, email=None if email is None else self.emails.normal(email))
        name = list_name("orders", wanted)
        found = await self.order_list.page(wanted, decode_cursor(self.signer, name, cursor), limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
