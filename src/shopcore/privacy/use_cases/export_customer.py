"""Show a customer everything that is held on them."""

from dataclasses import dataclass

from shopcore.cart.ports import Carts
from shopcore.identity.ports import Accounts, Sessions
from shopcore.kernel.actor import Actor, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.paging import MAX_LIMIT, Position
from shopcore.messages.ports import StockWatches
from shopcore.oauth.ports import Consents
from shopcore.ordering.model import Order
from shopcore.ordering.ports import OrderFilter, OrderList
from shopcore.payments.model import Payment
from shopcore.payments.ports import Payments, Wallets
from shopcore.privacy.model import RECENT, Holdings


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportCustomer:
    """Whole, however much it is; secrets that only prove who somebody is are no part of what is shown outside.

    With what was ordered signed out with their verified address, and is not claimed yet.
    """

    accounts: Accounts
    sessions: Sessions
    order_list: OrderList
    payments: Payments
    carts: Carts
    consents: Consents
    wallets: Wallets
    watches: StockWatches
    clock: Clock

    async def __call__(self, actor: Actor) -> Holdings:
        """A customer may, for themselves. Raises `StepUpRequired`, `AccountNotFound`."""
        customer = signed_in(actor)
        require_recent(customer.sign_in, self.clock.now(), RECENT)
        customer_id = customer.customer_id
        account = await self.accounts.get(customer_id)
        orders = await self._orders(OrderFilter(customer_id=customer_id))
        if account.verified_at is not None:
            orders += await self._orders(OrderFilter(email=account.email, is_unclaimed=True))
        return Holdings(
            account=account,
            sessions=await self.sessions.of_customer(customer_id),
            orders=orders,
            payments=await self._payments(orders),
            consents=await self.consents.of_customer(customer_id),
            wallets=await self.wallets.of_customer(customer_id),
            watches=await self.watches.of_customer(customer_id),
            cart=await self.carts.find_by_customer(customer_id),
        )

    async def _orders(self, wanted: OrderFilter) -> list[Order]:
        found: list[Order] = []
        after: Position | None = None
        while True:
            page = await self.order_list.page(wanted, after, MAX_LIMIT)
            found.extend(page.items)
            if page.next_position is None:
                return found
            after = page.next_position

    async def _payments(self, orders: list[Order]) -> list[Payment]:
        found = [await self.payments.of_order(order.id) for order in orders]
        return [payment for payment in found if payment is not None]
