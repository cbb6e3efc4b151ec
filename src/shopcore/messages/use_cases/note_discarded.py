"""Note that a message is not to be sent."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import JobId
from shopcore.messages.model import SendingState
from shopcore.messages.ports import SentMessages


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteDiscarded:
    """Somebody has given its job up: what is left of a message that was to be written."""

    sent: SentMessages
    clock: Clock

    async def __call__(self, actor: Actor, *, job_id: JobId, kind: str) -> None:
        """The shop itself. Safe to run again."""
        permit(actor, "mail:write")
        await self.sent.close(f"discarded/{job_id}", kind, SendingState.DISCARDED, self.clock.now())
