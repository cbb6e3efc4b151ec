"""Remove a role."""

from dataclasses import dataclass

from shopcore.access.errors import RoleBuiltIn, RoleInUse, RoleNotFound
from shopcore.access.model import BUILT_IN
from shopcore.access.model.permissions import require_all
from shopcore.access.ports import Members, Roles
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.audit import Audit
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveRole:
    """A role of the shop's own that nobody has."""

    roles: Roles
    members: Members
    audit: Audit
    unit_of_work: UnitOfWork

    async def __call__(self, actor: Actor, *, name: str) -> None:
        """Staff with `roles:write`. Raises `RoleNotFound`, `RoleBuiltIn`, `RoleInUse` or `CannotGrant`."""
        permit(actor, "roles:write")
        if name in BUILT_IN:
            raise RoleBuiltIn

        async def work() -> None:
            before = {known.name: known.permissions for known in await self.roles.everything()}.get(name)
            if before is None:
                raise RoleNotFound
            require_all(actor, before)
            if any(name in member.roles for member in await self.members.everything()):
                raise RoleInUse
            await self.roles.remove(name)
            await self.audit.record(
                actor, "role.remove", f"role:{name}", before={"permissions": " ".join(before)}, after={}
            )

        await self.unit_of_work(work)
