"""Forget messages whose time is over."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.messages.model.sending import RETENTION
from shopcore.messages.ports import SentMessages

_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetSentMessages:
    """After that the job that would send one again is forgotten too."""

    sent: SentMessages
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself; answers how many."""
        permit(actor, "mail:write")
        before, forgotten = self.clock.now() - RETENTION, 0
        while some := await self.sent.forget(before, _AT_ONCE):
            forgotten += some
        return forgotten
