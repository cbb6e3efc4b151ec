"""Agree, from one of two mailboxes, to another e-mail address."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.identity.errors import AccountNotFound, AccountNotShown, InvalidLink
from shopcore.identity.events import EmailVerified
from shopcore.identity.model import Account, Purpose
from shopcore.identity.model.accounts import agree_to_email_change
from shopcore.identity.model.links import Link, read_link, require_genuine
from shopcore.identity.steps import ConfirmPassword, Witness
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreeToEmailChange:
    """The second mailbox that agrees makes it so; each link is good once.

    Whoever has the new mailbox need not have the account: a stranger's could become the one of their address, with what
    they ordered. So that link takes the account too.
    """

    confirm: ConfirmPassword
    signer: Signer
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, token: str, password: str | None = None) -> bool:
        """Whoever has the link may; that of the new mailbox takes the account's session or its `password` too.

        Answers whether the address has changed now. Raises `InvalidLink`, `EmailTaken`, `AccountNotShown`,
        `InvalidCredentials`, `TooManyAttempts`, `PasswordsBusy`.
        """
        claimed, now = read_link(token, Purpose.OLD_EMAIL, Purpose.NEW_EMAIL), self.clock.now()
        if claimed.purpose is Purpose.NEW_EMAIL and not _is_signed_in(actor, claimed):
            await self._ask_for(password, token, claimed, now)

        def agree(held: Account) -> Account:
            require_genuine(self.signer, token, claimed, held, now)
            return agree_to_email_change(held, claimed.subject, by_new=claimed.purpose is Purpose.NEW_EMAIL)

        async def work() -> bool:
            owner = Customer(customer_id=claimed.customer_id)
            account = await self.witness.change(owner, "account.agree_to_email", owner.customer_id, agree)
            if account.email_change is not None:
                return False
            await self.witness.events.publish(EmailVerified(at=now, customer_id=account.id))
            return True

        try:
            return await self.unit_of_work(work)
        except AccountNotFound:
            raise InvalidLink from None

    async def _ask_for(self, password: str | None, token: str, claimed: Link, now: datetime) -> None:
        """Only of who has a link that is good: else passwords could be guessed here by anybody."""
        try:
            account = await self.confirm.accounts.get(claimed.customer_id)
        except AccountNotFound:
            raise InvalidLink from None
        require_genuine(self.signer, token, claimed, account, now)
        agree_to_email_change(account, claimed.subject, by_new=True)
        if password is None:
            raise AccountNotShown
        await self.confirm(Customer(customer_id=account.id), password, now)


def _is_signed_in(actor: Actor, claimed: Link) -> bool:
    return isinstance(actor, Customer) and actor.customer_id == claimed.customer_id and actor.app is None
