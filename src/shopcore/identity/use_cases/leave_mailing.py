"""Take back, by the link in a mail that nobody waits for, the wish for such mails."""

from dataclasses import dataclass

from shopcore.identity.errors import AccountNotFound
from shopcore.identity.model.mailings import read_leaving, want
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, Customer
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveMailing:
    """Mail programs follow it for their readers, without a session (RFC 8058); twice is as good as once."""

    signer: Signer
    witness: Witness
    unit_of_work: UnitOfWork

    async def __call__(self, _actor: Actor, *, token: str) -> None:
        """Whoever has the link may; to an account that is gone nothing is written anyway. Raises `InvalidLink`."""
        said = read_leaving(self.signer, token)
        owner = Customer(customer_id=said.customer_id)

        async def work() -> None:
            await self.witness.change(
                owner, "account.leave_mailing", owner.customer_id, lambda held: want(held, {said.mailing: False})
            )

        try:
            await self.unit_of_work(work)
        except AccountNotFound:
            return
