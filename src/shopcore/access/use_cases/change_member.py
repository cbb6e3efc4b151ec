"""Give a member of staff other roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.access.model import Member
from shopcore.access.ports import Members
from shopcore.access.steps import GiveRoles
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeMember:
    """Their roles from their next request on. Who is none yet is made one by their e-mail address."""

    members: Members
    give_roles: GiveRoles
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, customer_id: CustomerId, roles: Sequence[str]) -> Member:
        """Staff with `staff:write`. Raises `MemberNotFound`, and as `GiveRoles` does."""
        permit(actor, "staff:write")

        async def work() -> Member:
            await self.members.get(customer_id)
            return await self.give_roles(actor, customer_id, roles)

        return await self.unit_of_work(work)
