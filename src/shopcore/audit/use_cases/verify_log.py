"""Check that nobody has changed the audit log."""

from dataclasses import dataclass

import msgspec

from shopcore.audit.model import Verification, verified
from shopcore.audit.ports import AuditLog
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.paging import InvalidCursor, Position, decode_cursor, encode_cursor, list_name
from shopcore.kernel.sealing import Signer

_AT_ONCE = 1_000  # entries in memory at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyLog:
    """Walk over the log, oldest entry first, until one is not as it was written."""

    audit_log: AuditLog
    signer: Signer

    async def __call__(self, actor: Actor, *, cursor: str | None = None, at_most: int | None = None) -> Verification:
        """Staff with `audit:read`. About `at_most` entries are looked at; all of them where it is None.

        What comes of it counts those of the walks before, which led to the `cursor`, too. Raises `InvalidCursor`.
        """
        permit(actor, "audit:read")
        name = list_name("audit/verification")
        so_far = _resumed(decode_cursor(self.signer, name, cursor))
        after: Position | None = (so_far.entries,) if so_far.entries else None
        end = None if at_most is None else so_far.entries + at_most
        while True:
            page = await self.audit_log.page(after, _AT_ONCE if at_most is None else min(_AT_ONCE, at_most))
            so_far = verified(so_far, page.items)
            after = page.next_position
            if after is None or so_far.first_altered is not None:
                return so_far
            if end is not None and so_far.entries >= end:
                position = (so_far.entries, so_far.digest)
                return msgspec.structs.replace(so_far, next_cursor=encode_cursor(self.signer, name, position))


def _resumed(position: Position | None) -> Verification:
    match position:
        case None:
            return Verification()
        case (int(entries), str(digest)):
            return Verification(entries=entries, digest=digest)
        case _:
            raise InvalidCursor
