"""The contract of the queue: `shopcore.kernel.jobs.Jobs` and `shopcore.jobs.ports.Queue` over one store."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest

from shopcore.jobs.errors import JobDone, JobNotFound, LeaseLost
from shopcore.jobs.model import LEASE, OVERDUE, JobState, complete, fail, retry, unchanged
from shopcore.jobs.ports import Queue
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.pages import everything
from shopcore.testing.contracts.queue_parts import QueueParts, settle
from shopcore.testing.contracts.samples import Refused

SECOND = timedelta(seconds=1)
_FAIL = partial(fail, error="down", jitter=0.0)


@pytest.mark.anyio
class QueueContract(QueueParts):
    """See `QueueParts` for what to override."""

    async def test_a_job_is_leased_as_it_was_enqueued(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """With what it was caused by, and for half a minute."""
        token = correlation_id.set("request-1")
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", payload={"order_id": "o1"}, unique_key="mail/o1")))
        correlation_id.reset(token)

        (job,) = await queue.lease_due("worker", now + SECOND, 10)

        assert (job.kind, job.payload, job.unique_key) == ("mail", {"order_id": "o1"}, "mail/o1")
        assert (job.state, job.worker, job.attempts) == (JobState.LEASED, "worker", 1)
        assert job.correlation_id == "request-1"
        assert job.leased_until == now + SECOND + LEASE

    async def test_a_job_waits_for_its_time(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Due is due to the microsecond."""
        run_at = now + timedelta(hours=1)
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="later", run_at=run_at)))

        assert await queue.lease_due("worker", run_at - timedelta(microseconds=1), 10) == []
        assert [job.kind for job in await queue.lease_due("worker", run_at, 10)] == ["later"]

    async def test_a_unique_key_is_enqueued_once(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Twenty at the same moment, and again when it is done: one job."""
        tick = NewJob(kind="sweep", unique_key="sweep@1")
        await asyncio.gather(*(unit_of_work(lambda: jobs.enqueue(tick, tick)) for _ in range(20)))
        (job,) = await queue.lease_due("worker", now + SECOND, 10)
        await settle(queue, job.id, "worker", complete)

        await unit_of_work(lambda: jobs.enqueue(tick))

        assert len((await queue.page(None, None, 10)).items) == 1
        assert await queue.lease_due("worker", now + SECOND, 10) == []

    async def test_a_job_is_leased_to_one_worker(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Eight workers at the same moment share forty jobs without meeting."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", payload={"n": str(n)}) for n in range(40))))

        leased = await asyncio.gather(*(queue.lease_due(f"worker {n}", now + SECOND, 7) for n in range(8)))

        taken = [job.payload["n"] for batch in leased for job in batch]
        assert sorted(taken, key=int) == [str(n) for n in range(40)]
        assert max(len(batch) for batch in leased) <= 7

    async def test_the_urgent_go_first(self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime) -> None:
        """The higher priority, then the older."""
        await unit_of_work(
            lambda: jobs.enqueue(
                NewJob(kind="low", priority=-1, run_at=now - 3 * SECOND),
                NewJob(kind="new", run_at=now - SECOND),
                NewJob(kind="old", run_at=now - 2 * SECOND),
                NewJob(kind="high", priority=1),
                NewJob(kind="tomorrow", priority=9, run_at=now + timedelta(days=1)),
            )
        )

        order = [job.kind for _ in range(5) for job in await queue.lease_due("worker", now + SECOND, 1)]
        assert order == ["high", "old", "new", "low"]

    async def test_the_overdue_do_not_starve(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Whatever its priority, of every four that are begun one is the oldest of those overdue."""
        await unit_of_work(
            lambda: jobs.enqueue(
                *(NewJob(kind=f"overdue {n}", priority=-5, run_at=now - OVERDUE - (9 - n) * SECOND) for n in range(9)),
                NewJob(kind="not yet overdue", priority=-5, run_at=now - OVERDUE),
                *(NewJob(kind="high", priority=30, run_at=now) for _ in range(9)),
            )
        )

        begun = [[job.kind for job in await queue.lease_due("worker", now, limit)] for limit in (8, 1, 16)]

        assert begun[0] == ["high"] * 6 + ["overdue 0", "overdue 1"]
        assert begun[1] == ["overdue 2"]
        assert begun[2] == ["high"] * 3 + [f"overdue {n}" for n in range(3, 9)] + ["not yet overdue"]

    async def test_the_overdue_starve_nobody(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """However many they are, as after a time without workers: who has just paid does not wait behind them."""
        await unit_of_work(
            lambda: jobs.enqueue(
                *(NewJob(kind="overdue", run_at=now - 2 * OVERDUE) for _ in range(40)),
                *(NewJob(kind="money", priority=30, run_at=now) for _ in range(12)),
            )
        )

        leased = await queue.lease_due("worker", now, 16)

        assert [job.kind for job in leased] == ["money"] * 12 + ["overdue"] * 4

    async def test_a_lapsed_lease_is_given_to_another(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Not before; then the first worker's outcome is not recorded any more."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", run_at=now)))
        (job,) = await queue.lease_due("slow", now, 10)

        assert await queue.lease_due("quick", now + LEASE - SECOND, 10) == []
        (again,) = await queue.lease_due("quick", now + LEASE, 10)
        with pytest.raises(LeaseLost):
            await settle(queue, job.id, "slow", complete)
        done = await settle(queue, job.id, "quick", complete)

        assert (again.id, again.attempts, again.worker) == (job.id, 2, "quick")
        assert (done.state, done.lost_attempts) == (JobState.DONE, 1)

    async def test_a_failed_job_comes_again_later(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """At the time that the outcome says, with its attempts counted."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", run_at=now)))
        (job,) = await queue.lease_due("worker", now, 10)

        failed = await settle(queue, job.id, "worker", partial(_FAIL, now=now))

        assert await queue.lease_due("worker", now, 10) == []
        (again,) = await queue.lease_due("worker", failed.run_at, 10)
        assert (again.id, again.attempts, again.last_error) == (job.id, 2, "down")

    async def test_only_who_holds_a_job_settles_it(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Not before it is leased, not another worker, not twice."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", run_at=now)))
        (job,) = (await queue.page(None, None, 10)).items
        with pytest.raises(LeaseLost):
            await settle(queue, job.id, "worker", complete)
        await queue.lease_due("worker", now, 10)
        with pytest.raises(LeaseLost):
            await settle(queue, job.id, "other", complete)
        await settle(queue, job.id, "worker", complete)
        with pytest.raises(LeaseLost):
            await settle(queue, job.id, "worker", complete)
        with pytest.raises(JobNotFound):
            await settle(queue, JobId("unknown"), "worker", complete)

    async def test_an_operator_keeps_off_a_held_job(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """While the lease lasts; afterwards it is theirs, and the worker's outcome is not recorded."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="lapsed", run_at=now - 2 * LEASE)))
        (lapsed,) = await queue.lease_due("worker", now - 2 * LEASE, 1)
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="held", run_at=now - 3 * LEASE)))
        (held,) = await queue.lease_due("worker", now - LEASE / 2, 1)

        for refused in (queue.change(held.id, unchanged), queue.discard(held.id)):
            with pytest.raises(LeaseLost):
                await refused
        assert (await queue.change(lapsed.id, partial(retry, now=now))).state is JobState.WAITING
        with pytest.raises(LeaseLost):
            await settle(queue, lapsed.id, "worker", complete)

    async def test_an_operator_retries_and_discards(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """A dead job lives again; a discarded one is gone, and its unique key is free."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", max_attempts=1, run_at=now, unique_key="mail/o1")))
        (job,) = await queue.lease_due("worker", now, 10)
        await settle(queue, job.id, "worker", partial(_FAIL, now=now))
        assert await queue.lease_due("worker", now + timedelta(days=1), 10) == []

        retried = await queue.change(job.id, partial(retry, now=now))
        assert (retried.state, retried.attempts) == (JobState.WAITING, 0)
        await queue.discard(job.id)

        for gone in (queue.change(job.id, unchanged), queue.discard(job.id)):
            with pytest.raises(JobNotFound):
                await gone
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", run_at=now, unique_key="mail/o1")))
        assert len(await queue.lease_due("worker", now, 10)) == 1

    async def test_a_done_job_stays_done(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """What `change` raises comes out, and nothing is changed."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="mail", run_at=now)))
        (job,) = await queue.lease_due("worker", now, 10)
        done = await settle(queue, job.id, "worker", complete)

        with pytest.raises(JobDone):
            await queue.change(job.id, partial(retry, now=now))
        assert (await queue.page(JobState.DONE, None, 10)).items == [done]

    async def test_done_jobs_are_forgotten(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Those that were done before, at most so many; the others stay."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", run_at=now) for _ in range(4))))
        for job in await queue.lease_due("worker", now, 3):
            await settle(queue, job.id, "worker", complete)

        assert await queue.remove_done(now - SECOND, 10) == 0
        assert await queue.remove_done(now + timedelta(minutes=5), 2) == 2
        assert await queue.remove_done(now + timedelta(minutes=5), 10) == 1
        assert [job.state for job in (await queue.page(None, None, 10)).items] == [JobState.WAITING]

    async def test_the_list_is_newest_first(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """A page at a time, each job once; of one state or of all."""
        for number in range(7):
            await unit_of_work(partial(jobs.enqueue, NewJob(kind=str(number), run_at=now)))
        await queue.lease_due("worker", now, 2)

        found = await everything(partial(queue.page, None), 3)
        assert [job.kind for job in found] == ["6", "5", "4", "3", "2", "1", "0"]
        assert [job.kind for job in (await queue.page(JobState.LEASED, None, 10)).items] == ["1", "0"]
        assert len((await queue.page(JobState.WAITING, None, 10)).items) == 5

    async def test_an_undone_unit_leaves_nothing(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Neither the job nor its unique key; nor an outcome."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="old", run_at=now)))
        (old,) = await queue.lease_due("worker", now, 1)

        async def work() -> None:
            await jobs.enqueue(NewJob(kind="new", unique_key="new", run_at=now))
            await settle(queue, old.id, "worker", complete)
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert (await queue.page(None, None, 10)).items == [old]
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="new", unique_key="new", run_at=now)))
        assert len((await queue.page(None, None, 10)).items) == 2
