"""Count what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.messages.model import Tally
from shopcore.messages.ports import SentMessages


@dataclass(frozen=True, kw_only=True, slots=True)
class TallyMessages:
    """By kind and by how it ended, with how many tries may have been second copies."""

    sent: SentMessages

    async def __call__(self, actor: Actor) -> Sequence[Tally]:
        """Staff with `messages:read`."""
        permit(actor, "messages:read")
        return await self.sent.tally()
