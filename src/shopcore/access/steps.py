"""What hiring, promoting and leaving share."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.access.model import Member
from shopcore.access.model.members import require_another_owner, with_roles
from shopcore.access.model.permissions import require_all
from shopcore.access.model.roles import OWNER, permissions_of, require_known
from shopcore.access.ports import Members, Roles
from shopcore.kernel.actor import Actor, name_of, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId


@dataclass(frozen=True, kw_only=True, slots=True)
class GiveRoles:
    """Gives somebody these roles and no others, in the transaction in progress.

    Whoever does has signed in lately: else a device left open could make itself an owner that is asked for nothing.
    Nobody gives, or takes, what they do not have themselves: only owners make owners. A shop keeps its last one.
    """

    roles: Roles
    members: Members
    audit: Audit
    clock: Clock

    async def __call__(self, actor: Actor, customer_id: CustomerId, roles: Sequence[str]) -> Member:
        """Raises `StepUpRequired`, `InvalidInput`, `CannotGrant` or `LastOwner`."""
        require_step_up(actor, self.clock.now())
        own, staff = await self.roles.everything(), await self.members.everything()
        require_known(roles, own)
        before = {member.customer_id: member for member in staff}.get(customer_id)
        require_all(actor, permissions_of((*roles, *(before.roles if before else ())), own))
        if before is not None and OWNER not in roles:
            require_another_owner(staff, before)
        member = with_roles(before or self._new(actor, customer_id), roles)
        await self.members.put(member)
        await self.audit.record(
            actor,
            "staff.change",
            f"staff:{customer_id}",
            before={"roles": " ".join(before.roles if before else ())},
            after={"roles": " ".join(member.roles)},
        )
        return member

    def _new(self, actor: Actor, customer_id: CustomerId) -> Member:
        return Member(customer_id=customer_id, roles=(), added_at=self.clock.now(), added_by=name_of(actor))


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveStaff:
    """Takes somebody off the staff who goes by themselves, in the transaction in progress."""

    members: Members
    audit: Audit

    async def __call__(self, actor: Actor, customer_id: CustomerId) -> None:
        """A no-op for who is none. Raises `LastOwner`: a shop keeps its last one."""
        staff = await self.members.everything()
        leaving = {member.customer_id: member for member in staff}.get(customer_id)
        if leaving is None:
            return
        require_another_owner(staff, leaving)
        await self.members.remove(customer_id)
        await self.audit.record(
            actor, "staff.leave", f"staff:{customer_id}", before={"roles": " ".join(leaving.roles)}, after={}
        )
