"""What is done by the clock: a job for each tick of a schedule."""

from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.jobs import NewJob


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A job of this kind every so often. After a time without workers the latest tick is made up for, and of those
    before it at most `catch_up`, each by a job of its own; most work that comes late is done all at once.
    """

    kind: str
    every: timedelta
    priority: int = 0
    catch_up: int = 0


def tick_of(schedule: Schedule, now: datetime) -> int:
    """The number of the tick that `now` falls into; the same for every worker."""
    return int(now.timestamp() // schedule.every.total_seconds())


def is_ahead(fired: int, tick: int) -> bool:
    """Whether a mark cannot be right: of servers whose clocks differ a little one may be a tick ahead, and no more."""
    return fired > tick + 1


def tick_jobs(schedule: Schedule, fired: int | None, tick: int) -> tuple[NewJob, ...]:
    """The jobs of the ticks after the last one that was fired, up to this one; of a schedule that is new only this one.

    Each has a unique key besides, for a store that has forgotten what was fired.
    """
    first = tick if fired is None else max(fired + 1, tick - schedule.catch_up)
    return tuple(
        NewJob(kind=schedule.kind, unique_key=f"{schedule.kind}@{number}", priority=schedule.priority)
        for number in range(first, tick + 1)
    )
