"""See the API keys."""

from dataclasses import dataclass

from shopcore.access.model import ApiKey
from shopcore.access.ports import ApiKeys
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name, slice_of
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListApiKeys:
    """All of them, oldest first, revoked ones too; the secrets are known to nobody any more."""

    api_keys: ApiKeys
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[ApiKey]:
        """Staff with `api_keys:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "api_keys:read")
        name = list_name("api_keys")
        rows = await self.api_keys.everything()
        after = decode_cursor(self.signer, name, cursor)
        found = slice_of(rows, lambda key: (key.id,), after, limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
