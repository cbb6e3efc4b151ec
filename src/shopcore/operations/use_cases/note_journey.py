"""Note what an event tells of the way of a cart."""

from dataclasses import dataclass

from shopcore.kernel.actor import Actor, permit
from shopcore.operations.model import unpack_events
from shopcore.operations.model.funnel import steps_of
from shopcore.reporting.ports import Journeys


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteJourney:
    """The very event that goes into the stream, where there is one. Safe to run again, in any order."""

    journeys: Journeys

    async def __call__(self, actor: Actor, *, events: str) -> None:
        """The shop itself. `events` is packed."""
        permit(actor, "events:write")
        for event in unpack_events(events):
            for step in steps_of(event):
                await self.journeys.note(step)
