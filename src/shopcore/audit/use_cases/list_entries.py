"""Read the audit log."""

from dataclasses import dataclass

from shopcore.audit.model import Entry, EntryFilter, fits, is_before
from shopcore.audit.ports import AuditLog
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.instants import require_countable
from shopcore.kernel.paging import DEFAULT_LIMIT, Page, Position, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer

_AT_ONCE = 500
_PAGES = 10  # that one request looks at, so that none walks over a long log


@dataclass(frozen=True, kw_only=True, slots=True)
class ListEntries:
    """Entries, newest first, a page at a time; entries that come meanwhile do not move the next page.

    A page of what is looked for can be short, or empty, and still have a next one: each looks at 5,000 entries at most.
    """

    audit_log: AuditLog
    signer: Signer

    async def __call__(
        self,
        actor: Actor,
        *,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
        wanted: EntryFilter | None = None,
    ) -> Page[Entry]:
        """Staff with `audit:read`. Raises `InvalidCursor` for a cursor of another list, or of other filters.

        Raises `InvalidInput` for moments that no entry can be of.
        """
        permit(actor, "audit:read")
        if wanted is not None:
            require_countable(since=wanted.since, until=wanted.until)
        name = list_name("audit") if wanted is None else list_name("audit", wanted)
        before = decode_cursor(self.signer, name, cursor)
        if wanted is None:
            found = await self.audit_log.latest(before, limit)
            return Page(items=found.items, next_cursor=encode_cursor(self.signer, name, found.next_position))
        items, position = await self._walk(wanted, before, limit)
        return Page(items=items, next_cursor=encode_cursor(self.signer, name, position))

    async def _walk(
        self, wanted: EntryFilter, before: Position | None, limit: int
    ) -> tuple[list[Entry], Position | None]:
        """So many that fit, and from where to go on; None at the end."""
        found: list[Entry] = []
        for _ in range(_PAGES):
            page = await self.audit_log.latest(before, _AT_ONCE)
            for entry in page.items:
                if is_before(wanted, entry):
                    return found, None
                if fits(wanted, entry):
                    found.append(entry)
                if len(found) == limit:
                    return found, (entry.sequence,)
            before = page.next_position
            if before is None:
                break
        return found, before
