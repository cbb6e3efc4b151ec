"""Show how many carts become paid orders."""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.reporting.model import IN_USE, Funnel, funnel_of, span
from shopcore.reporting.ports import CartsInUse, Journeys


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowFunnel:
    """The carts that were opened in a span of time, and what became of them by now, as the shop's events tell."""

    journeys: Journeys
    carts: CartsInUse
    clock: Clock

    async def __call__(self, actor: Actor, *, since: datetime | None = None, until: datetime | None = None) -> Funnel:
        """Staff with `reports:read`. Raises `InvalidInput` for a span that is empty or longer than 400 days."""
        permit(actor, "reports:read")
        now = self.clock.now()
        start, end = span(since, until, now)
        counts = await self.journeys.count(start, end)
        in_use = await self.carts.touched(now - IN_USE)
        still_open = await self.journeys.unplaced(in_use, start, end)
        return funnel_of(replace(counts, open=still_open), start, end)
