"""Read the audit log."""

from dataclasses import dataclass

from shopcore.audit.model import Entry
from shopcore.audit.ports import AuditLog
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class ListEntries:
    """Entries, newest first, a page at a time; entries that come meanwhile do not move the next page."""

    audit_log: AuditLog
    signer: Signer

    async def __call__(self, actor: Actor, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Entry]:
        """Staff with `audit:read`. Raises `InvalidCursor` for a cursor of another list."""
        permit(actor, "audit:read")
        name = list_name("audit")
        found = await self.audit_log.latest(decode_cursor(self.signer, name, cursor), limit)
        return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
