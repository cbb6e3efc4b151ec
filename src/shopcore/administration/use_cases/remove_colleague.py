"""Let a member of staff go."""

from dataclasses import dataclass

from shopcore.access.model.members import require_another_owner
from shopcore.access.model.permissions import require_all
from shopcore.access.model.roles import permissions_of
from shopcore.access.ports import Members, Roles
from shopcore.access.steps import EndKeys
from shopcore.administration.errors import OwnHeir
from shopcore.administration.model import LeftBehind
from shopcore.kernel.actor import Actor, name_of, permit, person_in, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.steps import EndClients


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveColleague:
    """They stay a customer, and may do nothing else from their next request on.

    The API keys and integrations that they answer for end with them: they may know the secrets. Where the shop cannot
    do without, whoever lets them go takes these over, and they can do no more than that one may, nor than whoever
    goes might still: what is left nothing ends here too. Apps that act for people, colleagues too, are named, and end
    if that is said.
    """

    roles: Roles
    members: Members
    end_keys: EndKeys
    end_clients: EndClients
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(
        self, actor: Actor, *, customer_id: CustomerId, take_over: bool = False, end_apps: bool = False
    ) -> LeftBehind:
        """Staff with `staff:write` who have signed in lately. Answers what has ended, was taken over, or stays.

        Raises `StepUpRequired`, `MemberNotFound`, `CannotGrant`, `LastOwner` or `OwnHeir`.
        """
        permit(actor, "staff:write")
        if take_over and person_in(name_of(actor)) == customer_id:
            raise OwnHeir
        require_step_up(actor, self.clock.now())

        async def work() -> LeftBehind:
            own, staff = await self.roles.everything(), await self.members.everything()
            member = await self.members.get(customer_id)
            held = permissions_of(member.roles, own)
            require_all(actor, held)
            require_another_owner(staff, member)
            await self.members.remove(customer_id)
            await self.audit.record(
                actor, "staff.remove", f"staff:{customer_id}", before={"roles": " ".join(member.roles)}, after={}
            )
            heir = name_of(actor) if take_over else None
            return LeftBehind(
                api_keys=tuple(await self.end_keys(actor, customer_id, heir, held)),
                oauth_clients=tuple(await self.end_clients(actor, customer_id, heir, held)),
                apps=tuple(await self.end_clients.apps(actor, customer_id, end=end_apps)),
            )

        return await self.unit_of_work(work)
