"""Show where a customer is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.identity.model import Session
from shopcore.identity.model.sessions import is_live
from shopcore.identity.ports import Sessions
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.clock import Clock


@dataclass(frozen=True, kw_only=True, slots=True)
class ListSessions:
    """Every device that is signed in, oldest first."""

    sessions: Sessions
    clock: Clock

    async def __call__(self, actor: Actor) -> Sequence[Session]:
        """A customer may, for themselves."""
        now = self.clock.now()
        return [one for one in await self.sessions.of_customer(signed_in(actor).customer_id) if is_live(one, now)]
