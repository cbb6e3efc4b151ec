"""Forget journeys of long ago."""

from dataclasses import dataclass
from functools import partial

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.batches import in_batches
from shopcore.kernel.clock import Clock
from shopcore.reporting.model import RETENTION
from shopcore.reporting.ports import Journeys


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetJourneys:
    """Remove what is older than any report."""

    journeys: Journeys
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself. Answers how many were forgotten."""
        permit(actor, "events:write")
        remove = partial(self.journeys.forget, self.clock.now() - RETENTION)
        return (await in_batches(remove, self.clock)).count
