"""Forget a customer, and keep the books."""

from dataclasses import dataclass

from shopcore.access.steps import LeaveStaff
from shopcore.cart.ports import Carts
from shopcore.identity.events import CustomerErased
from shopcore.identity.model.differences import Changed
from shopcore.identity.ports import Accounts, Sessions
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.paging import MAX_LIMIT
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.steps import ForgetApps
from shopcore.ordering.ports import OrderFilter, OrderList
from shopcore.ordering.steps import ClaimOrdersOfAddress
from shopcore.privacy.errors import OrdersUnderWay
from shopcore.privacy.model import RECENT, UNDER_WAY, abandon, is_waited_for

_NAMED = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class EraseCustomer:
    """The account is gone at once, with every session and every role; a job takes the person out of their orders.

    What was ordered signed out, with the address that is shown to be theirs, is theirs too: it is claimed first. What
    of that nobody has paid is no hindrance, and is forgotten once it has ended.
    """

    accounts: Accounts
    sessions: Sessions
    carts: Carts
    order_list: OrderList
    claim: ClaimOrdersOfAddress
    forget_apps: ForgetApps
    leave_staff: LeaveStaff
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        """A customer may, themselves. Raises `StepUpRequired`, `OrdersUnderWay`, `AccountNotFound`, as `LeaveStaff`."""
        customer, now = signed_in(actor), self.clock.now()
        require_recent(customer.sign_in, now, RECENT)
        customer_id = customer.customer_id
        await self._claim(customer_id)  # one by one, so that the unit finds next to none, however many there are

        async def work() -> None:
            await self._claim(customer_id)
            await self._require_nothing_awaited(customer_id)
            await self.leave_staff(customer)
            await self.accounts.remove(customer_id)
            await self.sessions.end_all(customer_id, now)
            await self.forget_apps(actor, customer_id)
            cart = await self.carts.find_by_customer(customer_id)
            if cart is not None:
                await self.carts.update(cart.id, lambda held: abandon(held, now))
            erased = CustomerErased(at=now, customer_id=customer_id)
            what = Changed({"account": "there"}, {"account": "erased"})
            await self.witness(actor, "account.erase", customer_id, erased, what)

        await self.unit_of_work(work)

    async def _require_nothing_awaited(self, customer_id: CustomerId) -> None:
        for status in UNDER_WAY:
            wanted, after = OrderFilter(customer_id=customer_id, status=status), None
            while True:
                page = await self.order_list.page(wanted, after, MAX_LIMIT)
                if awaited := [order.number for order in page.items if is_waited_for(order)]:
                    raise OrdersUnderWay(awaited[:_NAMED])
                if (after := page.next_position) is None:
                    break

    async def _claim(self, customer_id: CustomerId) -> None:
        account = await self.accounts.get(customer_id)
        if account.verified_at is not None:
            await self.claim(account.email, customer_id)
