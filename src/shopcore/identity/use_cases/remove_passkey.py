"""Remove a passkey from an account."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.errors import LastPasskey
from shopcore.identity.events import PasskeysChanged
from shopcore.identity.model import Account, passkeys
from shopcore.identity.model.proofs import require_no_less
from shopcore.identity.model.second_factor import is_by_passkeys
from shopcore.identity.steps import RemoveProof
from shopcore.kernel.actor import STEP_UP, Actor, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import PasskeyId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RemovePasskey:
    """It opens nothing any more. A password, or a mailed link to set one, always remains."""

    remove: RemoveProof
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, passkey_id: PasskeyId) -> None:
        """A customer who has signed in lately may, their own; by one that counts where this one does.

        Raises `StepUpRequired`, `PasskeyNotFound`, `LastPasskey`.
        """
        customer, now = signed_in(actor), self.clock.now()
        require_recent(customer.sign_in, now, STEP_UP)

        def change(held: Account) -> Account:
            require_no_less(passkeys.find(held.passkeys, passkey_id), customer.sign_in)
            if is_by_passkeys(held.second_factor) and len(held.passkeys) == 1:
                raise LastPasskey
            return msgspec.structs.replace(held, passkeys=passkeys.remove(held.passkeys, passkey_id))

        async def work() -> None:
            event = PasskeysChanged(at=now, customer_id=customer.customer_id, is_added=False)
            await self.remove(actor, "account.remove_passkey", customer.customer_id, change, event)

        await self.unit_of_work(work)
