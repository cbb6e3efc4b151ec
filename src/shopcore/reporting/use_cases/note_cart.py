"""Note that a cart was opened."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import CartId
from shopcore.reporting.model import Journey
from shopcore.reporting.ports import Journeys


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteCart:
    """The first step of a journey. Safe to run again."""

    journeys: Journeys

    async def __call__(self, actor: Actor, *, cart_id: CartId, at: datetime) -> None:
        """The shop itself."""
        permit(actor, "events:write")
        await self.journeys.note(Journey(cart_id=cart_id, opened_at=at))
