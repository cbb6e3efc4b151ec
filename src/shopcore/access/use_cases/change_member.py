"""Give a member of staff other roles, or make somebody one."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.access.model import Member
from shopcore.access.model.members import require_another_owner, with_roles
from shopcore.access.model.permissions import require_all
from shopcore.access.model.roles import OWNER, permissions_of, require_known
from shopcore.access.ports import Members, Roles
from shopcore.kernel.actor import Actor, name_of, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeMember:
    """The roles of a customer who works for the shop. They hold from their next request on.

    Nobody gives, or takes, what they do not have themselves: only owners make owners. A shop keeps its last one.
    """

    roles: Roles
    members: Members
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, customer_id: CustomerId, roles: Sequence[str]) -> Member:
        """Staff with `staff:write`. Raises `InvalidInput`, `CannotGrant` or `LastOwner`."""
        permit(actor, "staff:write")

        async def work() -> Member:
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

        return await self.unit_of_work(work)

    def _new(self, actor: Actor, customer_id: CustomerId) -> Member:
        return Member(customer_id=customer_id, roles=(), added_at=self.clock.now(), added_by=name_of(actor))
