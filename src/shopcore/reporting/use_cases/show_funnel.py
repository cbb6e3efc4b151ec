"""Show how many carts become paid orders."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.reporting.model import Funnel, funnel_of, span
from shopcore.reporting.ports import Journeys


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowFunnel:
    """The carts that were opened in a span of time, and what became of them by now, as the shop's events tell."""

    journeys: Journeys
    clock: Clock

    async def __call__(self, actor: Actor, *, since: datetime | None = None, until: datetime | None = None) -> Funnel:
        """Staff with `reports:read`. Raises `InvalidInput` for a span that is empty or longer than 400 days."""
        permit(actor, "reports:read")
        start, end = span(since, until, self.clock.now())
        return funnel_of(await self.journeys.count(start, end), start, end)
