"""Turn the clock into jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.jobs.model import Schedule, tick_key
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class EnqueueScheduled:
    """Add the current tick of every schedule; one that is there already, from any worker, is not added again.

    Ticks that nobody was there for are not made up for: a sweep that comes late does all the work at once.
    """

    schedules: Sequence[Schedule]
    jobs: Jobs
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        """The shop itself, or staff with `jobs:write`."""
        permit(actor, "jobs:write")
        now = self.clock.now()
        ticks = [
            NewJob(kind=schedule.kind, unique_key=tick_key(schedule, now), priority=schedule.priority)
            for schedule in self.schedules
        ]
        await self.unit_of_work(lambda: self.jobs.enqueue(*ticks))
