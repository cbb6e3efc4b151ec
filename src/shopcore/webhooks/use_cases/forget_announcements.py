"""Forget what was told long ago."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.webhooks.model.announcements import RETENTION
from shopcore.webhooks.ports import Announcements, Deliveries

_AT_ONCE = 5_000  # keeps the transaction short; the rest goes with the next tick


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetAnnouncements:
    """Events and their deliveries; how many steps of each order were told is kept, so that none is told anew."""

    announcements: Announcements
    deliveries: Deliveries
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself. Answers how many events were forgotten."""
        permit(actor, "events:write")
        before = self.clock.now() - RETENTION
        await self.deliveries.forget(before, _AT_ONCE)
        return await self.announcements.forget(before, _AT_ONCE)
