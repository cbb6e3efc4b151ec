"""Check that nobody has changed the audit log."""

from dataclasses import dataclass

from shopcore.audit.model import Verification, verified
from shopcore.audit.ports import AuditLog
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import Position

_AT_ONCE = 1_000  # entries in memory at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyLog:
    """Walk over the whole log, oldest entry first, until one is not as it was written."""

    audit_log: AuditLog

    async def __call__(self, actor: Actor) -> Verification:
        """Staff with `audit:read`."""
        permit(actor, "audit:read")
        so_far = Verification()
        after: Position | None = None
        while True:
            page = await self.audit_log.page(after, _AT_ONCE)
            so_far = verified(so_far, page.items)
            after = page.next_position
            if after is None or so_far.first_altered is not None:
                return so_far
