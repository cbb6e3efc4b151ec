"""Forget what was told long ago."""

from dataclasses import dataclass
from functools import partial

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.batches import in_batches
from shopcore.kernel.clock import Clock
from shopcore.webhooks.model.announcements import RETENTION
from shopcore.webhooks.ports import Announcements, Deliveries


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetAnnouncements:
    """Events and their deliveries, these first: a delivery is of an event that is there. How many steps of each order
    were told is kept, so that none is told anew.
    """

    announcements: Announcements
    deliveries: Deliveries
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself. Answers how many events were forgotten."""
        permit(actor, "events:write")
        before = self.clock.now() - RETENTION
        deliveries = await in_batches(partial(self.deliveries.forget, before), self.clock)
        if not deliveries.is_all:
            return 0
        return (await in_batches(partial(self.announcements.forget, before), self.clock)).count
