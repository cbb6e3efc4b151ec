"""Make a role, or change one."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.access.model import Role
from shopcore.access.model.permissions import require_all
from shopcore.access.model.roles import new_role
from shopcore.access.ports import Roles
from shopcore.kernel.actor import Actor, permit, require_step_up
from shopcore.kernel.audit import Audit
from shopcore.kernel.clock import Clock
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class PutRole:
    """A role of the shop's own under a name; whoever has it may do what it says from their next request on.

    It can hold, and lose, only what whoever puts it has themselves.
    """

    roles: Roles
    audit: Audit
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor, *, name: str, description: str = "", permissions: Sequence[str]) -> Role:
        """Staff with `roles:write` who have signed in lately.

        Raises `StepUpRequired`, `InvalidInput`, `RoleBuiltIn` or `CannotGrant`.
        """
        permit(actor, "roles:write")
        require_step_up(actor, self.clock.now())
        role = new_role(name, description, permissions)

        async def work() -> None:
            before = {known.name: known.permissions for known in await self.roles.everything()}.get(name, ())
            require_all(actor, {*before, *role.permissions})
            await self.roles.put(role)
            await self.audit.record(
                actor,
                "role.put",
                f"role:{name}",
                before={"permissions": " ".join(before)},
                after={"permissions": " ".join(role.permissions)},
            )

        await self.unit_of_work(work)
        return role
