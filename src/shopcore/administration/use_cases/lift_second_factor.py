"""Remove the second factor of somebody who has lost it, or who was locked out by another's."""

from dataclasses import dataclass

import msgspec

from shopcore.access.model.permissions import require_all
from shopcore.access.model.roles import permissions_of
from shopcore.access.ports import Members, Roles
from shopcore.administration.errors import PersonNotFound
from shopcore.identity.errors import AccountNotFound, SecondFactorOff
from shopcore.identity.events import SecondFactorChanged
from shopcore.identity.model import Account
from shopcore.identity.model.second_factor import in_use
from shopcore.identity.ports import Sessions
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, permit, require_person, require_step_up
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class LiftSecondFactor:
    """From then on the password suffices. Every session ends, since one of them may be whose factor it was.

    The customer is told by mail. Passkeys stay: they took a recent sign-in to add, and are removed by their owner. Of a
    member of staff only somebody who may do all that they may can do this: else it would be a way to their permissions.
    No API key can: one that leaks would make a list of passwords a list of accounts.
    """

    sessions: Sessions
    roles: Roles
    members: Members
    witness: Witness
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, customer_id: CustomerId) -> None:
        """Staff with `customers:write`, in person, who have signed in lately.

        Raises `NotForApps`, `StepUpRequired`, `PersonNotFound`, `SecondFactorOff`, `CannotGrant`.
        """
        permit(actor, "customers:write")
        require_person(actor)
        now = self.clock.now()
        require_step_up(actor, now)

        async def work() -> None:
            await self._require_no_more_than(actor, customer_id)
            event = SecondFactorChanged(at=now, customer_id=customer_id, is_on=False)
            await self.witness.change(actor, "customer.remove_second_factor", customer_id, _without, event)
            await self.sessions.end_all(customer_id, now)

        try:
            await self.unit_of_work(work)
        except AccountNotFound:
            raise PersonNotFound from None

    async def _require_no_more_than(self, actor: Actor, customer_id: CustomerId) -> None:
        staff = {member.customer_id: member for member in await self.members.everything()}
        if customer_id in staff:
            require_all(actor, permissions_of(staff[customer_id].roles, await self.roles.everything()))


def _without(held: Account) -> Account:
    if in_use(held.second_factor) is None:
        raise SecondFactorOff
    return msgspec.structs.replace(held, second_factor=None)
