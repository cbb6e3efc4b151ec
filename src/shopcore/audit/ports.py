"""What the audit log needs from a store."""

from typing import Protocol

from shopcore.audit.model import Entry
from shopcore.kernel.paging import Position, Slice


class AuditLog(Protocol):
    """Append-only; there is no way to change or remove an entry."""

    async def last(self) -> Entry | None:
        """The newest entry, read in the transaction in progress; None in a new log."""
        ...

    async def append(self, entry: Entry) -> None:
        """Add an entry, in the transaction in progress. Raises `PlaceTaken` if its sequence is there already."""
        ...

    async def page(self, after: Position | None, limit: int) -> Slice[Entry]:
        """Entries after that position, oldest first. MUST know everything that was recorded before it was asked."""
        ...

    async def latest(self, before: Position | None, limit: int) -> Slice[Entry]:
        """Entries before that position, newest first. MUST NOT cost more in a long log than in a short one.

        It MAY end a little earlier than the log does.
        """
        ...
