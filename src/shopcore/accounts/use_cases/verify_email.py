"""Follow the link that says that a mailbox is one's own."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.accounts.steps import MergeCart, OpenSession
from shopcore.identity.errors import AccountNotFound, InvalidLink
from shopcore.identity.events import EmailVerified, ResetAsked
from shopcore.identity.model import Account, Device, Purpose, SignedIn
from shopcore.identity.model.accounts import admit, remember, settle_password, verify
from shopcore.identity.model.links import Link, read_link, require_genuine
from shopcore.identity.model.networks import names_of
from shopcore.identity.ports import Accounts
from shopcore.identity.steps import NewPasswords, Witness
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyEmail:
    """The link is good once, and signs in whoever follows it.

    It shows whose the mailbox is, and not who chose the password: whoever registered somebody else's address must not
    get in by it. So it stands only where it is chosen now, or where the link is followed from where it was chosen;
    else there is none, and a mail to set one is on its way at once.
    """

    accounts: Accounts
    signer: Signer
    new_passwords: NewPasswords
    open_session: OpenSession
    merge_cart: MergeCart
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self, actor: Actor, *, token: str, password: str | None = None, device: Device | None = None
    ) -> SignedIn:
        """Whoever has the link may; `password` is what the account's is to be, the one of the registration or another.

        Raises `InvalidLink`, `AccountLocked`, `InvalidInput`, `PasswordsBusy`.
        """
        claimed, origin, now = read_link(token, Purpose.VERIFY), device or Device(), self.clock.now()
        network = names_of(self.signer, claimed.customer_id, origin.network)
        chosen = None if password is None else await self._chosen(token, claimed, password, now)

        def follow(held: Account) -> Account:
            require_genuine(self.signer, token, claimed, held, now)
            return remember(settle_password(admit(verify(held, now)), chosen, network), network)

        async def work() -> SignedIn:
            verified = EmailVerified(at=now, customer_id=claimed.customer_id, is_first=True)
            owner = Customer(customer_id=claimed.customer_id)
            account = await self.witness.change(owner, "account.verify_email", owner.customer_id, follow, verified)
            if account.password is None:
                await self.witness.events.publish(ResetAsked(at=now, email_key=self.accounts.key_of(account.email)))
            await self.merge_cart(actor, account, now)
            return await self.open_session(account, origin, ("mail",), now)

        try:
            return await self.unit_of_work(work)
        except AccountNotFound:
            raise InvalidLink from None

    async def _chosen(self, token: str, claimed: Link, password: str, now: datetime) -> str:
        try:
            account = await self.accounts.get(claimed.customer_id)
        except AccountNotFound:
            raise InvalidLink from None
        require_genuine(self.signer, token, claimed, account, now)
        verify(account, now)
        return await self.new_passwords.hashed(password, account.email)
