"""What the worker needs from the queue's store. (`kernel.jobs.Jobs` is what everybody else sees.)"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from shopcore.jobs.model import Depth, Job, JobState, Outcome, Pace
from shopcore.kernel.ids import JobId
from shopcore.kernel.paging import Position, Slice

NO_PACES: Mapping[str, Pace] = MappingProxyType({})


class Queue(Protocol):
    """The jobs of one store, shared by all its workers."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        """Lease up to `limit` due jobs (waiting and due, or leased and lapsed): those of `jobs.model.most_urgent`.

        That is: by priority and then by age, but for a quarter of the lease, which the oldest of those overdue have,
        whatever their priority; of a lease of one job that is the one.
        MUST never give one job to two workers at a time.

        A lapsed job MUST be leased with no other beside it (`jobs.model.side_by_side`). One that has used up its
        attempts, or lost `MOST_LOST` workers in a row, becomes dead here instead.

        Of the kinds in `paces` that have one pace, at most as many as its rate MUST be leased in any second (the one
        that ends at `now` included), by all workers together whose clocks differ by less than a second, none where that
        is 0; jobs of other kinds MUST NOT wait behind those that wait for their turn.
        """
        ...

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        """Record what became of jobs; answers each as it is then, or why its outcome is not recorded: see
        `jobs.model.settled`.

        - Each MUST be settled by itself: that one is not recorded MUST NOT keep another from being recorded.
        - MUST NOT record an outcome over a change that was made since the job was read.
        - Raises what keeps the store from recording anything. Some may be recorded all the same where contact was lost,
          and stay so: whoever leases the others next settles them.
        - Inside a unit of work all are undone with it.
        """
        ...

    async def get(self, job_id: JobId) -> Job:
        """One job, as it stands. Raises `JobNotFound`."""
        ...

    async def change(self, job_id: JobId, change: Callable[[Job], Job]) -> Job:
        """An operator's change. Raises `JobNotFound`, `LeaseLost` while a worker holds it, or what `change` raises."""
        ...

    async def discard(self, job_id: JobId) -> None:
        """Remove a job for good. Raises as `change`."""
        ...

    async def page(self, state: JobState | None, after: Position | None, limit: int) -> Slice[Job]:
        """Jobs, newest first."""
        ...

    async def depth(self) -> Sequence[Depth]:
        """What is not done, counted by kind and state; sorted by both. MUST NOT walk over jobs that are done."""
        ...

    async def remove_done(self, before: datetime, limit: int) -> int:
        """Forget jobs that were done before that; answers how many."""
        ...


class Ticks(Protocol):
    """How far each schedule has been fired, for all workers of one store."""

    async def fired(self) -> Mapping[str, int]:
        """The last tick of each kind that was fired. May be a moment old."""
        ...

    async def fire(self, kind: str, tick: int) -> int | None:
        """Write down that this tick is fired, unless the next one is; answers the one before, None if there was none.

        - A mark that `is_ahead` MUST be put right, as if there had been none: it is of a clock that was wrong, and
          nobody would fire the schedule until its time has come.
        - MUST be called inside a unit of work, and MUST be undone with it.
        - Of several callers with one tick, all but one MUST be answered that tick, or a later one.
        """
        ...


class Wakeups(Protocol):
    """How workers learn that there may be something to do, sooner than by looking."""

    async def wait(self, seconds: float) -> None:
        """Return when somebody called `wake` since the last return, or after that time."""
        ...

    def wake(self) -> None:
        """Let a waiting worker look now. Safe from any thread. Losing one is harmless: workers look by themselves."""
        ...


class Chance(Protocol):
    """A source of randomness that a simulation can own."""

    def fraction(self) -> float:
        """A number from 0 (included) to 1 (not included)."""
        ...
