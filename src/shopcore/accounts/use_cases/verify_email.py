"""Follow the link that says that a mailbox is one's own."""

from dataclasses import dataclass

from shopcore.accounts.steps import MergeCart, OpenSession
from shopcore.identity.errors import AccountNotFound, InvalidLink
from shopcore.identity.events import EmailVerified
from shopcore.identity.model import Account, Device, Purpose, SignedIn
from shopcore.identity.model.accounts import admit, remember, verify
from shopcore.identity.model.links import read_link, require_genuine
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor
from shopcore.kernel.clock import Clock
from shopcore.kernel.events import Events
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyEmail:
    """The link is good once, and signs in whoever follows it."""

    accounts: Accounts
    signer: Signer
    open_session: OpenSession
    merge_cart: MergeCart
    events: Events
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, token: str, device: Device | None = None) -> SignedIn:
        """Whoever has the link may. Raises `InvalidLink`, `AccountLocked`."""
        claimed, origin, now = read_link(token, Purpose.VERIFY), device or Device(), self.clock.now()

        def follow(held: Account) -> Account:
            require_genuine(self.signer, token, claimed, held, now)
            return remember(admit(verify(held, now)), origin.network)

        async def work() -> SignedIn:
            account = await self.accounts.update(claimed.customer_id, follow)
            await self.events.publish(EmailVerified(at=now, customer_id=account.id))
            await self.merge_cart(actor, account, now)
            return await self.open_session(account, origin, ("mail",), now)

        try:
            return await self.unit_of_work(work)
        except AccountNotFound:
            raise InvalidLink from None
