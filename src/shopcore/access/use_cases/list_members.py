"""See who works for the shop."""

from dataclasses import dataclass

from shopcore.access.model import Member
from shopcore.access.ports import Members
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name, slice_of
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListMembers:
    """The staff, the longest-serving first."""

    members: Members
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Member]:
        """Staff with `staff:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "staff:read")
        name = list_name("staff")
        rows = await self.members.everything()
        after = decode_cursor(self.signer, name, cursor)
        found = slice_of(rows, lambda member: (member.added_at.isoformat(), member.customer_id), after, limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
