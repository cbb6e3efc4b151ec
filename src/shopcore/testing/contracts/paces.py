"""The contracts of what paces the queue: rates in `shopcore.jobs.ports.Queue`, and `Ticks`."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

import pytest

from shopcore.jobs.model import LEASE, Pace, Schedule, complete
from shopcore.jobs.ports import Queue, Ticks
from shopcore.jobs.use_cases.enqueue_scheduled import EnqueueScheduled
from shopcore.kernel.actor import System
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.clock import ManualClock
from shopcore.testing.contracts.queue_parts import QueueParts, settle

SECOND = timedelta(seconds=1)
TICK = timedelta(minutes=5)


def per_second(**rates: int) -> Mapping[str, Pace]:
    """Each kind with a pace of its own."""
    return {kind: Pace(name=kind, rate=rate) for kind, rate in rates.items()}


@pytest.mark.anyio
class RatesContract(QueueParts):
    """See `QueueParts` for what to override."""

    async def test_a_rate_holds_over_all_workers(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """In any second that one cares to look at, not only in those of the clock."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", run_at=now) for _ in range(40))))
        begun: list[datetime] = []
        for tenth in range(0, 30, 3):
            at = now + tenth * SECOND / 10
            batches = await asyncio.gather(
                *(queue.lease_due(f"{n} at {tenth}", at, 3, per_second(mail=5)) for n in range(4))
            )
            begun += [at for batch in batches for _ in batch]

        assert max(sum(first <= at < first + SECOND for at in begun) for first in begun) <= 5
        assert len(begun) >= 10

    async def test_nobody_waits_behind_a_kind_that_waits_for_its_turn(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Whatever its priority; a worker is given as many as it asks for."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", priority=9, run_at=now) for _ in range(30))))
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="image", run_at=now) for _ in range(8))))

        leased = await queue.lease_due("worker", now, 10, per_second(mail=2, other=1))

        assert [job.kind for job in leased] == ["mail"] * 2 + ["image"] * 8
        assert await queue.lease_due("worker", now + SECOND / 2, 10, per_second(mail=2)) == []
        assert len(await queue.lease_due("worker", now + SECOND, 10, per_second(mail=2))) == 2

    async def test_of_a_kind_at_rate_nothing_none_is_begun(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """However long it waits, and nobody behind it; once it has a rate again, or none, all of it is there."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", priority=9, run_at=now) for _ in range(5))))
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="image", run_at=now) for _ in range(3))))
        paused = await queue.lease_due("worker", now, 4, per_second(mail=0))
        much_later = await queue.lease_due("worker", now + LEASE / 2, 4, per_second(mail=0, image=9))
        limited = await queue.lease_due("worker", now + LEASE / 2, 4, per_second(mail=2))
        free = await queue.lease_due("worker", now + LEASE / 2, 10)

        assert [job.kind for job in paused] == ["image"] * 3
        assert much_later == []
        assert [job.kind for job in (*limited, *free)] == ["mail"] * 5

    async def test_a_clock_that_is_ahead_slows_nobody_down(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Nor one that was, for a moment: what it wrote down is of no second that anybody else sees."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", run_at=now) for _ in range(15))))
        ahead = await queue.lease_due("ahead", now + timedelta(hours=6), 5, per_second(mail=5))

        begun = [len(await queue.lease_due("worker", now + n * SECOND / 2, 10, per_second(mail=3))) for n in range(3)]

        assert len(ahead) == 5
        assert begun == [3, 0, 3]

    async def test_kinds_of_one_pace_share_it(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Together they are begun as often as one kind would be; one of them may rest meanwhile."""
        for kind in ("letter", "card", "image"):
            await unit_of_work(partial(jobs.enqueue, *(NewJob(kind=kind, run_at=now) for _ in range(20))))
        post = Pace(name="post", rate=5)
        shared = {"letter": post, "card": post}
        batches = await asyncio.gather(*(queue.lease_due(f"worker {n}", now, 9, shared) for n in range(4)))
        begun = Counter(job.kind for batch in batches for job in batch)
        resting = {"letter": Pace(name="resting", rate=0), "card": post}
        later = await queue.lease_due("later", now + SECOND, 40, resting)

        assert begun["letter"] + begun["card"] <= 5
        assert begun["image"] == 20
        assert [job.kind for job in later] == ["card"] * 5

    async def test_what_dies_takes_no_turn(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """A lapsed job that has used up its attempts becomes dead, and another is begun in its place."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", max_attempts=1, priority=9, run_at=now)))
        await queue.lease_due("lost", now, 1)
        later = now + timedelta(minutes=1)
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", payload={"n": "2"}, run_at=now)))

        (job,) = await queue.lease_due("worker", later, 5, per_second(mail=1))
        assert job.payload == {"n": "2"}


@pytest.mark.anyio
class TicksContract:
    """Override `ticks`, `jobs`, `queue` and `unit_of_work`, of one store."""

    @pytest.fixture
    def ticks(self) -> Ticks:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def jobs(self) -> Jobs:
        pytest.fail("override this fixture with the queue of the same store")

    @pytest.fixture
    def queue(self) -> Queue:
        pytest.fail("override this fixture with the queue of the same store")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the ports join")

    async def test_of_many_workers_one_fires_a_tick(self, ticks: Ticks, unit_of_work: UnitOfWork) -> None:
        """The others are told that it is fired; also who comes late with an earlier one."""
        first = await asyncio.gather(*(unit_of_work(lambda: ticks.fire("sweep", 7)) for _ in range(10)))
        second = await asyncio.gather(*(unit_of_work(lambda: ticks.fire("sweep", 9)) for _ in range(10)))
        late = await unit_of_work(lambda: ticks.fire("sweep", 8))

        assert sorted(first, key=str) == [7] * 9 + [None]
        assert sorted(second, key=str) == [7] + [9] * 9
        assert late == 9
        assert await ticks.fired() == {"sweep": 9}

    async def test_a_mark_that_is_far_ahead_is_put_right(self, ticks: Ticks, unit_of_work: UnitOfWork) -> None:
        """One worker has looked at a clock that was wrong. Nobody takes the schedule back by one tick for that."""
        await unit_of_work(lambda: ticks.fire("sweep", 900))
        first = await asyncio.gather(*(unit_of_work(lambda: ticks.fire("sweep", 7)) for _ in range(5)))
        then = await unit_of_work(lambda: ticks.fire("sweep", 8))
        late = await unit_of_work(lambda: ticks.fire("sweep", 7))

        assert sorted(first, key=str) == [7] * 4 + [None]
        assert (then, late) == (7, 8)
        assert await ticks.fired() == {"sweep": 8}

    async def test_a_schedule_goes_on_after_a_clock_that_was_ahead(
        self, ticks: Ticks, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork
    ) -> None:
        """With the tick of now, at the next look."""
        clock = ManualClock()
        every = (Schedule(kind="sweep", every=TICK),)
        fire = EnqueueScheduled(schedules=every, ticks=ticks, jobs=jobs, unit_of_work=unit_of_work, clock=clock)
        await unit_of_work(lambda: ticks.fire("sweep", int(clock.now().timestamp())))
        for _ in range(3):
            await fire(System(kind="worker"))

        assert [job.kind for job in (await queue.page(None, None, 10)).items] == ["sweep"]

    async def test_an_undone_tick_is_not_fired(self, ticks: Ticks, unit_of_work: UnitOfWork) -> None:
        await unit_of_work(lambda: ticks.fire("sweep", 1))

        async def work() -> None:
            await ticks.fire("sweep", 2)
            raise LookupError

        with pytest.raises(LookupError):
            await unit_of_work(work)
        assert await ticks.fired() == {"sweep": 1}

    async def test_ten_workers_fire_every_tick_once(
        self, ticks: Ticks, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, how_many: int
    ) -> None:
        """Whoever looks at the clock first; the jobs are there, each once and in turn."""
        clock = ManualClock()
        every = (Schedule(kind="sweep", every=TICK),)
        fire = partial(
            EnqueueScheduled, schedules=every, ticks=ticks, jobs=jobs, unit_of_work=unit_of_work, clock=clock
        )
        workers = [fire() for _ in range(10)]
        fired: list[str | None] = []
        for _ in range(how_many):
            await asyncio.gather(*(worker(System(kind="worker")) for worker in workers))
            due = await queue.lease_due("worker", clock.now() + SECOND, 100)
            fired += [(await settle(queue, job.id, "worker", complete)).unique_key for job in due]
            await clock.advance(TICK.total_seconds())

        assert len(fired) == len(set(fired)) == how_many

    @pytest.fixture
    def how_many(self) -> int:
        """Ticks; a test of the night takes more."""
        return 50

    @pytest.mark.parametrize(("catch_up", "made_up_for"), [(0, 1), (2, 3), (24, 7)])
    async def test_what_was_missed_is_made_up_for(
        self,
        ticks: Ticks,
        jobs: Jobs,
        queue: Queue,
        unit_of_work: UnitOfWork,
        catch_up: int,
        made_up_for: int,
    ) -> None:
        """After seven ticks without a worker: the latest, and as many before it as the schedule says."""
        clock = ManualClock()
        every = (Schedule(kind="sweep", every=TICK, catch_up=catch_up),)
        fire = EnqueueScheduled(schedules=every, ticks=ticks, jobs=jobs, unit_of_work=unit_of_work, clock=clock)
        await fire(System(kind="worker"))
        assert len(await queue.lease_due("worker", clock.now() + SECOND, 100)) == 1

        await clock.advance(7 * TICK.total_seconds())
        await asyncio.gather(*(fire(System(kind="worker")) for _ in range(3)))

        assert len((await queue.page(None, None, 100)).items) == 1 + made_up_for
