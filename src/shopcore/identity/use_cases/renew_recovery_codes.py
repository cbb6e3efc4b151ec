"""New recovery codes in the place of those that are left."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shopcore.identity.events import RecoveryCodesRenewed
from shopcore.identity.model import Account
from shopcore.identity.model.proofs import require_as_good
from shopcore.identity.model.second_factor import RECOVERY_CODES, as_recovery_code, renew_recovery
from shopcore.identity.model.sessions import MULTIPLE
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import STEP_UP, Actor, StepUpRequired, require_recent, signed_in
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import Ids
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewRecoveryCodes:
    """Needs both factors, lately: a code opens the account in the place of the second one.

    A code of a factor that is vouched for is vouched for too: so only who has shown what is gets any. The customer is
    told.
    """

    witness: Witness
    unit_of_work: UnitOfWork
    ids: Ids
    clock: Clock

    async def __call__(self, actor: Actor) -> Sequence[str]:
        """A customer who has lately shown two factors may, for their own account; answers the codes, this once.

        Raises `StepUpRequired`, `NoCodesLeft`, `SecondFactorOff`.
        """
        customer, now = signed_in(actor), self.clock.now()
        require_recent(customer.sign_in, now, STEP_UP)
        if customer.sign_in is not None and MULTIPLE not in customer.sign_in.methods:
            raise StepUpRequired
        recovery = tuple(as_recovery_code(self.ids.secret()) for _ in range(RECOVERY_CODES))

        def change(held: Account) -> Account:
            require_as_good(held, customer.sign_in)
            return msgspec.structs.replace(held, second_factor=renew_recovery(held.second_factor, recovery))

        async def work() -> None:
            event = RecoveryCodesRenewed(at=now, customer_id=customer.customer_id)
            await self.witness.change(actor, "account.renew_recovery_codes", customer.customer_id, change, event)

        await self.unit_of_work(work)
        return recovery
