"""Remind a customer of what they left in a cart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopcore.cart.errors import CartNotFound
from shopcore.cart.events import ReminderWanted
from shopcore.cart.model import Cart, awaits_reminder, untouched_since
from shopcore.cart.ports import Carts
from shopcore.catalog.ports import Products
from shopcore.identity.errors import AccountNotFound
from shopcore.identity.model import Account, Mailing
from shopcore.identity.model.mailings import is_wanted_by, leaving_link
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.ids import CartId
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.notifications.model import cart_reminder
from shopcore.notifications.steps import Deliver


@dataclass(frozen=True, kw_only=True, slots=True)
class SendCartReminder:
    """Once for each cart, when nobody has touched it for `after`, to a customer who asked for it, whose mailbox is
    shown to be theirs, and who has not taken back the wish for all such mails.
    """

    carts: Carts
    accounts: Accounts
    products: Products
    signer: Signer
    deliver: Deliver
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock
    after: timedelta
    app_url: str

    async def __call__(self, actor: Actor, *, cart_id: CartId) -> None:
        """The shop itself. What comes too early is put off; what is not wanted now is no mail. Raises as `Deliver`, and
        `ProductUnreadable` while one of its products cannot be: a failed try, of which the job has five days' worth,
        and then waits for `shop jobs retry`.
        """
        permit(actor, "mail:write")
        cart = await self._cart(cart_id)
        account = None if cart is None else await self._account(cart)
        if cart is None or account is None:
            return
        if (due := untouched_since(cart) + self.after) > self.clock.now():
            await self._put_off(cart_id, due)
        elif rows := await self._rows(cart):
            leave = leaving_link(self.signer, Mailing.CART_REMINDER, account, self.app_url)
            await self.deliver(cart_reminder(cart.id, account.email, rows, self.app_url, leave, account.locale))

    async def _cart(self, cart_id: CartId) -> Cart | None:
        try:
            cart = await self.carts.get(cart_id)
        except CartNotFound:
            return None
        return cart if awaits_reminder(cart) else None

    async def _account(self, cart: Cart) -> Account | None:
        """Without a mailbox that is shown to be theirs, a stranger could have it written to."""
        assert cart.customer_id is not None  # such a cart awaits none
        try:
            account = await self.accounts.get(cart.customer_id)
        except AccountNotFound:
            return None
        return account if is_wanted_by(account, Mailing.CART_REMINDER) else None

    async def _put_off(self, cart_id: CartId, due: datetime) -> None:
        await self.unit_of_work(lambda: self.events.publish(ReminderWanted(at=due, cart_id=cart_id)))

    async def _rows(self, cart: Cart) -> Sequence[tuple[str, int]]:
        found = await self.products.find_variants([line.variant_id for line in cart.lines])
        lines = ((found.get(line.variant_id), line.quantity) for line in cart.lines)
        return [(known[0].title, quantity) for known, quantity in lines if known is not None]
