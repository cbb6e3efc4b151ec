"""Agree, from one of two mailboxes, to another e-mail address."""

from dataclasses import dataclass

from shopcore.identity.errors import AccountNotFound, InvalidLink
from shopcore.identity.events import EmailVerified
from shopcore.identity.model import Account, Purpose
from shopcore.identity.model.accounts import agree_to_email_change
from shopcore.identity.model.links import read_link, require_genuine
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreeToEmailChange:
    """The second mailbox that agrees makes it so; each link is good once."""

    signer: Signer
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, token: str) -> bool:
        """Whoever has the link may; answers whether the address has changed now. Raises `InvalidLink`, `EmailTaken`."""
        claimed, now = read_link(token, Purpose.OLD_EMAIL, Purpose.NEW_EMAIL), self.clock.now()

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
