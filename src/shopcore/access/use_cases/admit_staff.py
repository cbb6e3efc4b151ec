"""From a customer who is signed in to the member of staff that they are."""

from dataclasses import dataclass

from shopcore.access.errors import MemberNotFound, NotStaff
from shopcore.access.model.members import require_second_factor
from shopcore.access.model.roles import permissions_of
from shopcore.access.ports import Members, Roles
from shopcore.kernel.actor import Customer, Staff


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmitStaff:
    """What they may do is looked up each time, so that a role that is taken away is gone at once."""

    roles: Roles
    members: Members
    needs_second_factor: bool = False

    async def __call__(self, actor: Customer) -> Staff:
        """A customer may. Raises `NotStaff`, and where the shop asks for a second factor what lacks of it."""
        try:
            member = await self.members.get(actor.customer_id)
        except MemberNotFound:
            raise NotStaff from None
        if self.needs_second_factor:
            require_second_factor(actor.sign_in)
        granted = permissions_of(member.roles, await self.roles.everything())
        return Staff(name=actor.customer_id, permissions=granted, sign_in=actor.sign_in, app=actor.app)
