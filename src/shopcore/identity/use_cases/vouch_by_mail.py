"""Say, from the mailbox, that a second factor or passkey is one's own."""

from dataclasses import dataclass

from shopcore.identity.errors import AccountNotFound, InvalidLink
from shopcore.identity.model import Account, Purpose
from shopcore.identity.model.links import read_link, require_genuine
from shopcore.identity.model.proofs import vouch
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.clock import Clock
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class VouchByMail:
    """Its next sign-in counts where a shop asks for a second factor that somebody vouches for."""

    signer: Signer
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, _actor: Actor, *, token: str) -> None:
        """Whoever has the link may. Raises `InvalidLink`."""
        claimed, now = read_link(token, Purpose.PROOF), self.clock.now()

        def change(held: Account) -> Account:
            require_genuine(self.signer, token, claimed, held, now)
            return vouch(held, now, claimed.subject)

        async def work() -> None:
            owner = Customer(customer_id=claimed.customer_id)
            await self.witness.change(owner, "account.vouch", owner.customer_id, change)

        try:
            await self.unit_of_work(work)
        except AccountNotFound:
            raise InvalidLink from None
