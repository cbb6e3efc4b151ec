"""See who works for the shop, by name."""

from dataclasses import dataclass

from shopcore.access.model import Member
from shopcore.access.ports import Members
from shopcore.administration.model import Colleague, colleague
from shopcore.identity.errors import AccountNotFound
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name, slice_of
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListColleagues:
    """The staff with their names, the longest-serving first."""

    members: Members
    accounts: Accounts
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Colleague]:
        """Staff with `staff:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "staff:read")
        name = list_name("colleagues")
        after = decode_cursor(self.signer, name, cursor)
        staff = await self.members.everything()
        found = slice_of(staff, lambda member: (member.added_at.isoformat(), member.customer_id), after, limit)
        items = [await self._named(member) for member in found.items]
        return Page(items=items, next_cursor=encode_cursor(self.signer, name, found.next_position))

    async def _named(self, member: Member) -> Colleague:
        try:
            return colleague(member, await self.accounts.get(member.customer_id))
        except AccountNotFound:
            return colleague(member, None)
