"""Take an authenticator into use with its first code."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shopcore.identity.events import SecondFactorChanged
from shopcore.identity.model import Account
from shopcore.identity.model.proofs import factor_since, vouches
from shopcore.identity.model.second_factor import RECOVERY_CODES, as_recovery_code, confirm
from shopcore.identity.ports import OneTimeCodes
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import STEP_UP, Actor, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmSecondFactor:
    """From now on signing in needs a code; recovery codes are for when the authenticator is lost."""

    codes: OneTimeCodes
    witness: Witness
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor, *, code: str) -> Sequence[str]:
        """A customer who has signed in lately may; answers the recovery codes, this once.

        Raises `StepUpRequired`, `SecondFactorOff`, `SecondFactorOn`, `InvalidOneTimeCode`.
        """
        customer, now = signed_in(actor), self.clock.now()
        require_recent(customer.sign_in, now, STEP_UP)
        own = customer.sign_in is not None and vouches(customer.sign_in.methods)
        recovery = tuple(as_recovery_code(self.ids.secret()) for _ in range(RECOVERY_CODES))

        def change(held: Account) -> Account:
            factor = held.second_factor
            secret = None if factor is None else factor.secret
            step = None if secret is None else self.codes.step_of(secret, code, now)
            return msgspec.structs.replace(held, second_factor=confirm(factor, step, recovery, now, vouched=own))

        async def work() -> None:
            proof = factor_since(now)
            event = SecondFactorChanged(at=now, customer_id=customer.customer_id, is_on=True, proof=proof)
            await self.witness.change(actor, "account.add_second_factor", customer.customer_id, change, event)

        await self.unit_of_work(work)
        return recovery
