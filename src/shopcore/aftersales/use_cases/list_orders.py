"""Look through the orders, or through one's own."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, Customer, Own, permit, require_scope
from shopcore.kernel.address import EmailAddresses
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer
from shopcore.ordering.model import Order, OrderStatus, failed_refunds
from shopcore.ordering.ports import OrderFilter, OrderList


@dataclass(frozen=True, kw_only=True, slots=True)
class ListOrders:
    """Newest first, by status or by the buyer's e-mail address. A customer sees their own and no other."""

    order_list: OrderList
    emails: EmailAddresses
    signer: Signer

    async def __call__(
        self,
        actor: Actor,
        *,
        status: OrderStatus | None = None,
        email: str | None = None,
        refund_failed: bool = False,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[Order]:
        """Customers, and staff with `orders:read`. With `refund_failed` those that wait for somebody to give money back
        otherwise, or again; a page of them may be short.

        Raises `InvalidInput` for no e-mail address, `InvalidCursor`.
        """
        require_scope(actor, Own.ORDERS)
        address = None if email is None else self.emails.normal(email)
        match actor:
            case Customer(customer_id=customer_id):
                wanted = OrderFilter(status=status, email=address, customer_id=customer_id, refund_failed=refund_failed)
            case _:
                permit(actor, "orders:read")
                wanted = OrderFilter(status=status, email=address, refund_failed=refund_failed)
        name = list_name("orders", wanted)
        found = await self.order_list.page(wanted, decode_cursor(self.signer, name, cursor), limit)
        items = [order for order in found.items if not refund_failed or failed_refunds(order)]
        return Page(items=items, next_cursor=encode_cursor(self.signer, name, found.next_position))
