"""See the customers."""

from dataclasses import dataclass

from shopcore.administration.model import Person, person
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListPeople:
    """Customers with an account, newest first, a page at a time."""

    accounts: Accounts
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Person]:
        """Staff with `customers:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "customers:read")
        name = list_name("customers")
        found = await self.accounts.page(decode_cursor(self.signer, name, cursor), limit)
        items = [person(account) for account in found.items]
        return Page(items=items, next_cursor=encode_cursor(self.signer, name, found.next_position))
