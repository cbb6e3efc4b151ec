"""See the apps and integrations."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name, slice_of
from shopcore.kernel.sealing import Signer
from shopcore.oauth.model import Client
from shopcore.oauth.ports import Clients


@dataclass(frozen=True, kw_only=True, slots=True)
class ListClients:
    """All that are registered, oldest first; the secrets are known to nobody any more."""

    clients: Clients
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Client]:
        """Staff with `oauth_clients:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "oauth_clients:read")
        name = list_name("oauth_clients")
        rows = [client for client in await self.clients.everything() if client.removed_at is None]
        after = decode_cursor(self.signer, name, cursor)
        found = slice_of(rows, lambda client: (client.id,), after, limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
