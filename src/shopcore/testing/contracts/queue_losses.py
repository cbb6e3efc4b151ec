"""What `shopcore.jobs.ports.Queue` does about workers that are not heard of any more."""

import asyncio
from datetime import datetime
from functools import partial

import pytest

from shopcore.jobs.model import LEASE, MOST_LOST, WORKER_LOST, JobState, complete, retry
from shopcore.jobs.ports import Queue
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.queue_parts import QueueParts, settle


@pytest.mark.anyio
class LossesContract(QueueParts):
    """See `QueueParts` for what to override."""

    async def test_a_job_that_kills_its_workers_dies(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Its lapsed leases count as attempts, each as one that was lost; it takes nobody's place in the batch."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="deadly", max_attempts=2, run_at=now, priority=1)))
        for attempt in range(2):
            assert len(await queue.lease_due(f"victim {attempt}", now + attempt * LEASE, 1)) == 1
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", run_at=now)))

        leased = await queue.lease_due("worker", now + 2 * LEASE, 1)

        assert [job.kind for job in leased] == ["mail"]
        (dead,) = (await queue.page(JobState.DEAD, None, 10)).items
        assert (dead.kind, dead.attempts, dead.lost_attempts, dead.last_error) == ("deadly", 2, 2, WORKER_LOST)

    async def test_what_has_lost_its_worker_is_begun_alone(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Each of them, in its turn; others are begun together meanwhile."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="lapsed", run_at=now) for _ in range(3))))
        await queue.lease_due("lost", now, 10)
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="fresh", run_at=now) for _ in range(4))))
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="late", run_at=now + 2 * LEASE)))

        begun = [await queue.lease_due(f"worker {n}", now + 2 * LEASE, 10) for n in range(6)]

        kinds = [[job.kind for job in batch] for batch in begun]
        assert kinds == [[*["fresh"] * 4, "late"], ["lapsed"], ["lapsed"], ["lapsed"], [], []]

    async def test_neighbours_of_a_deadly_job_outlive_it(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """It is given up after few workers, however many tries it has; each of the others has lost one at most."""
        neighbours = [NewJob(kind="mail", max_attempts=2, run_at=now) for _ in range(15)]
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="deadly", max_attempts=172, run_at=now), *neighbours))
        deaths = 0
        while (await queue.depth())[0].state is not JobState.DEAD:
            batch = await queue.lease_due("worker", now, 16)
            if not batch:
                now += LEASE
            elif "deadly" in {job.kind for job in batch}:
                deaths += 1
            else:
                await asyncio.gather(*(settle(queue, job.id, "worker", complete) for job in batch))

        (dead,) = (await queue.page(JobState.DEAD, None, 20)).items
        done = (await queue.page(JobState.DONE, None, 20)).items
        assert (dead.kind, dead.lost_attempts, deaths) == ("deadly", MOST_LOST, MOST_LOST)
        assert len(done) == 15
        assert max(job.lost_attempts for job in done) == 1

    async def test_a_deadly_job_may_be_tried_again(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """With all its tries, and alone as before."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="deadly", max_attempts=172, run_at=now)))
        (deadly,) = (await queue.page(None, None, 1)).items
        for _ in range(MOST_LOST):
            assert len(await queue.lease_due("lost", now, 1)) == 1
            now += LEASE
        assert await queue.lease_due("worker", now, 1) == []
        await queue.change(deadly.id, partial(retry, now=now))
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", run_at=now)))

        begun = [[job.kind for job in await queue.lease_due(f"worker {n}", now, 10)] for n in range(2)]

        assert begun == [["deadly"], ["mail"]]
        assert [job.kind for job in await queue.lease_due("worker", now + LEASE, 1)] == ["deadly"]
