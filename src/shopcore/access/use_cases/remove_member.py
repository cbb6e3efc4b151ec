"""Let a member of staff go."""

from dataclasses import dataclass

from shopcore.access.model.members import require_another_owner
from shopcore.access.model.permissions import require_all
from shopcore.access.model.roles import permissions_of
from shopcore.access.ports import Members, Roles
from shopcore.kernel.actor import Actor, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveMember:
    """They stay a customer, and may do nothing else from their next request on."""

    roles: Roles
    members: Members
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, customer_id: CustomerId) -> None:
        """Staff with `staff:write` who have signed in lately.

        Raises `StepUpRequired`, `MemberNotFound`, `CannotGrant` or `LastOwner`.
        """
        permit(actor, "staff:write")
        require_step_up(actor, self.clock.now())

        async def work() -> None:
            own, staff = await self.roles.everything(), await self.members.everything()
            member = await self.members.get(customer_id)
            require_all(actor, permissions_of(member.roles, own))
            require_another_owner(staff, member)
            await self.members.remove(customer_id)
            await self.audit.record(
                actor, "staff.remove", f"staff:{customer_id}", before={"roles": " ".join(member.roles)}, after={}
            )

        await self.unit_of_work(work)
