"""Ask for a passkey whenever an account is entered by its password."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shopcore.identity.errors import NoPasskey
from shopcore.identity.events import SecondFactorChanged
from shopcore.identity.model import Account
from shopcore.identity.model.proofs import factor_since, vouches
from shopcore.identity.model.second_factor import RECOVERY_CODES, as_recovery_code, by_passkeys
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import STEP_UP, Actor, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RequirePasskey:
    """A password alone opens nothing from now on; recovery codes are for when the passkeys are lost."""

    witness: Witness
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor) -> Sequence[str]:
        """A customer who has signed in lately may, for their own account; answers the recovery codes, this once.

        Raises `StepUpRequired`, `NoPasskey`, `SecondFactorOn`.
        """
        customer, now = signed_in(actor), self.clock.now()
        require_recent(customer.sign_in, now, STEP_UP)
        own = customer.sign_in is not None and vouches(customer.sign_in.methods)
        recovery = tuple(as_recovery_code(self.ids.secret()) for _ in range(RECOVERY_CODES))

        def change(held: Account) -> Account:
            if not held.passkeys:
                raise NoPasskey
            return msgspec.structs.replace(
                held, second_factor=by_passkeys(held.second_factor, recovery, now, vouched=own)
            )

        async def work() -> None:
            proof = factor_since(now)
            event = SecondFactorChanged(at=now, customer_id=customer.customer_id, is_on=True, proof=proof)
            await self.witness.change(actor, "account.require_passkey", customer.customer_id, change, event)

        await self.unit_of_work(work)
        return recovery
