"""No longer ask for a passkey beside the password."""

from dataclasses import dataclass

import msgspec

from shopcore.identity.errors import SecondFactorOff
from shopcore.identity.events import SecondFactorChanged
from shopcore.identity.model import Account
from shopcore.identity.model.proofs import require_no_less
from shopcore.identity.model.second_factor import in_use, is_by_passkeys
from shopcore.identity.model.sessions import MULTIPLE
from shopcore.identity.steps import RemoveProof
from shopcore.kernel.actor import STEP_UP, Actor, StepUpRequired, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class StopRequiringPasskey:
    """Needs what signing in needs, lately: neither a device left open nor a password suffices, nor a stranger's passkey
    where this counts.
    """

    remove: RemoveProof
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        """A customer who has lately shown two factors may, for their own account.

        Raises `StepUpRequired`, `SecondFactorOff`.
        """
        customer, now = signed_in(actor), self.clock.now()
        require_recent(customer.sign_in, now, STEP_UP)
        if customer.sign_in is not None and MULTIPLE not in customer.sign_in.methods:
            raise StepUpRequired

        def change(held: Account) -> Account:
            factor = in_use(held.second_factor)
            if factor is None or not is_by_passkeys(factor):
                raise SecondFactorOff
            require_no_less(factor, customer.sign_in)
            return msgspec.structs.replace(held, second_factor=None)

        async def work() -> None:
            event = SecondFactorChanged(at=now, customer_id=customer.customer_id, is_on=False)
            await self.remove(actor, "account.stop_requiring_passkey", customer.customer_id, change, event)

        await self.unit_of_work(work)
