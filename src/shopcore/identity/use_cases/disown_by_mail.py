"""Say, from the mailbox, that a second factor or passkey is somebody else's: it is gone."""

from dataclasses import dataclass

from shopcore.identity.errors import AccountNotFound, InvalidLink
from shopcore.identity.events import PasskeysChanged, ResetAsked, SecondFactorChanged
from shopcore.identity.model import Account, Purpose
from shopcore.identity.model.links import read_link, require_genuine
from shopcore.identity.model.proofs import disown, is_factor
from shopcore.identity.ports import Sessions
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class DisownByMail:
    """For a day after it was set up the mailbox, which had the account before, can take it off again.

    Every session ends: one of them set it up. So does the password, which opened that one: else whoever knows it sets
    up the next at once. A mail to set another one is on its way.
    """

    sessions: Sessions
    signer: Signer
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, token: str) -> None:
        """Whoever has the link may. Raises `InvalidLink`."""
        claimed, now = read_link(token, Purpose.PROOF), self.clock.now()
        owner = Customer(customer_id=claimed.customer_id)
        event = (
            SecondFactorChanged(at=now, customer_id=owner.customer_id, is_on=False)
            if is_factor(claimed.subject)
            else PasskeysChanged(at=now, customer_id=owner.customer_id, is_added=False)
        )

        def change(held: Account) -> Account:
            require_genuine(self.signer, token, claimed, held, now)
            return disown(held, claimed.subject)

        async def work() -> None:
            account = await self.witness.change(owner, "account.disown", owner.customer_id, change, event)
            email_key = self.witness.accounts.key_of(account.email)
            await self.witness.events.publish(ResetAsked(at=now, email_key=email_key))
            await self.sessions.end_all(owner.customer_id, now)

        try:
            await self.unit_of_work(work)
        except AccountNotFound:
            raise InvalidLink from None
