"""Forget journeys of long ago."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.reporting.model import RETENTION
from shopcore.reporting.ports import Journeys

_AT_ONCE = 5_000  # keeps the transaction short; the rest goes with the next tick


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetJourneys:
    """Remove what is older than any report."""

    journeys: Journeys
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """The shop itself. Answers how many were forgotten."""
        permit(actor, "events:write")
        return await self.journeys.forget(self.clock.now() - RETENTION, _AT_ONCE)
