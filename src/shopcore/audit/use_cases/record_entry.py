"""Write down who did what."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET

from shopcore.audit.model import Entry, chain, discreet, following
from shopcore.audit.ports import AuditLog
from shopcore.kernel.actor import Actor, name_of
from shopcore.kernel.clock import Clock
from shopcore.kernel.correlation import correlation_id, origin


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordEntry:
    """The port `kernel.audit.Audit` over the log: each entry is chained to the one before."""

    audit_log: AuditLog
    clock: Clock

    async def record(
        self, actor: Actor, action: str, subject: str, *, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """See the port. Outside of a unit of work two entries may want one place; then one is refused."""
        sequence, previous = following(await self.audit_log.last())
        entry = Entry(
            sequence=sequence,
            at=self.clock.now(),
            actor=name_of(actor),
            action=action,
            subject=subject,
            before=discreet(before),
            after=discreet(after),
            correlation_id=correlation_id.get(),
            previous=previous,
            origin=origin.get() or UNSET,
        )
        await self.audit_log.append(chain(entry))
