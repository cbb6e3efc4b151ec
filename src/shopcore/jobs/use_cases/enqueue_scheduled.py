"""Turn the clock into jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopcore.jobs.model import Schedule, is_ahead, tick_jobs, tick_of
from shopcore.jobs.ports import Ticks
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.clock import Clock
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class EnqueueScheduled:
    """Add the jobs of every schedule whose ticks have come, once, however many workers look at the clock.

    A worker that comes after a time without any makes up for what was missed, as far as the schedule says.
    """

    schedules: Sequence[Schedule]
    ticks: Ticks
    jobs: Jobs
    unit_of_work: UnitOfWork
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        """The shop itself, or staff with `jobs:write`."""
        permit(actor, "jobs:write")
        now, fired = self.clock.now(), await self.ticks.fired()
        for schedule in self.schedules:
            tick, mark = tick_of(schedule, now), fired.get(schedule.kind, -1)
            if mark < tick or is_ahead(mark, tick):
                await self._fire(schedule, tick)

    async def _fire(self, schedule: Schedule, tick: int) -> None:
        async def work() -> None:
            before = await self.ticks.fire(schedule.kind, tick)
            if due := tick_jobs(schedule, before, tick):
                await self.jobs.enqueue(*due)

        await self.unit_of_work(work)
