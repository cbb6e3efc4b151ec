"""See the roles."""

from dataclasses import dataclass

from shopcore.access.model import BUILT_IN, Role
from shopcore.access.ports import Roles
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name, slice_of
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRoles:
    """The roles that every shop has, then the shop's own, each by name."""

    roles: Roles
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Role]:
        """Staff with `roles:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "roles:read")
        name = list_name("roles")
        rows = [*BUILT_IN.values(), *await self.roles.everything()]
        after = decode_cursor(self.signer, name, cursor)
        found = slice_of(rows, lambda role: (int(role.name not in BUILT_IN), role.name), after, limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
