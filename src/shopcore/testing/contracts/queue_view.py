"""What operators may rely on of the queue: `shopcore.jobs.ports.Queue`, looked at."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from shopcore.jobs.errors import JobNotFound
from shopcore.jobs.model import KEPT_FAILURES, LEASE, WORKER_LOST, Depth, JobState, complete, fail, retry
from shopcore.jobs.ports import Queue
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.queue_parts import QueueParts, settle

_FAIL = partial(fail, error="down", jitter=0.0)


@pytest.mark.anyio
class QueueViewContract(QueueParts):
    """See `QueueParts` for what to override."""

    async def test_a_job_is_shown_as_it_stands(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", payload={"order_id": "o1"}, run_at=now)))
        (job,) = await queue.lease_due("worker", now, 10)

        assert await queue.get(job.id) == job
        with pytest.raises(JobNotFound):
            await queue.get(JobId("unknown"))

    async def test_a_dead_letter_has_its_history(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Each try that came to nothing: when, and why; also one whose worker died, also those before a retry."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", max_attempts=2, run_at=now)))
        (job,) = await queue.lease_due("worker", now, 1)
        failed = await settle(queue, job.id, "worker", partial(_FAIL, now=now))
        await queue.lease_due("lost", failed.run_at, 1)
        assert await queue.lease_due("worker", failed.run_at + LEASE, 1) == []
        await queue.change(job.id, partial(retry, now=failed.run_at + LEASE))

        history = (await queue.get(job.id)).failures
        assert [(each.at, each.attempt, each.error) for each in history] == [
            (now, 1, "down"),
            (failed.run_at + LEASE, 2, WORKER_LOST),
        ]

    async def test_a_history_stays_short(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """The latest failures are kept, so a job that fails for days does not grow."""
        tries = KEPT_FAILURES + 3
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", max_attempts=tries, run_at=now)))
        (job,) = (await queue.page(None, None, 1)).items
        for _ in range(tries):
            when = (await queue.get(job.id)).run_at
            await queue.lease_due("worker", when, 1)
            await settle(queue, job.id, "worker", partial(_FAIL, now=when))

        history = (await queue.get(job.id)).failures
        assert [each.attempt for each in history] == list(range(4, tries + 1))

    async def test_what_is_to_do_is_counted(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """By kind and state, with the time at which the first is due; what is done is not counted."""
        later = now + timedelta(hours=1)
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="done", run_at=now), NewJob(kind="dead", run_at=now)))
        for job in await queue.lease_due("worker", now, 2):
            change = complete if job.kind == "done" else partial(_FAIL, now=now)
            last = job.max_attempts if job.kind == "dead" else 1
            await settle(queue, job.id, "worker", change)
            for _ in range(last - 1):
                (again,) = await queue.lease_due("worker", (await queue.get(job.id)).run_at, 1)
                await settle(queue, again.id, "worker", partial(_FAIL, now=again.run_at))
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="held", run_at=now)))
        await queue.lease_due("worker", now, 1)
        await unit_of_work(
            lambda: jobs.enqueue(*(NewJob(kind="mail", run_at=when) for when in (later, now, later, now + LEASE)))
        )

        assert list(await queue.depth()) == [
            Depth(kind="dead", state=JobState.DEAD, count=1),
            Depth(kind="held", state=JobState.LEASED, count=1, since=now + LEASE),
            Depth(kind="mail", state=JobState.WAITING, count=4, since=now),
        ]
