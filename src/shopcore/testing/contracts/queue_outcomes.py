"""What `shopcore.jobs.ports.Queue` does with the outcomes of several jobs at once."""

import asyncio
from datetime import datetime
from functools import partial

import pytest

from shopcore.jobs.errors import JobNotFound, LeaseLost
from shopcore.jobs.model import LEASE, Job, JobState, Outcome, complete, fail, hand_back
from shopcore.jobs.ports import Queue
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import Jobs, NewJob
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.queue_parts import QueueParts


class Undone(Exception):
    """What a caller's own code raises."""


def _broken(_job: Job) -> Job:
    raise KeyError("a bug of an outcome")


@pytest.mark.anyio
class OutcomesContract(QueueParts):
    """See `QueueParts` for what to override."""

    async def test_each_is_settled_by_itself(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """One that another holds by now, one that nobody knows and one whose outcome is a bug keep none from theirs."""
        await unit_of_work(lambda: jobs.enqueue(NewJob(kind="lost", run_at=now)))
        (lost,) = await queue.lease_due("worker", now, 1)
        later = now + LEASE
        (taken,) = await queue.lease_due("quicker", later, 1)
        names = ["done", "failed", "handed back", "broken"]
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind=name, run_at=later) for name in names)))
        leased = {job.kind: job.id for job in await queue.lease_due("worker", later, 10)}

        outcomes: dict[JobId, Outcome] = {
            lost.id: complete,
            JobId("unknown"): complete,
            leased["broken"]: _broken,
            leased["done"]: complete,
            leased["failed"]: partial(fail, error="down", now=later, jitter=0.0),
            leased["handed back"]: hand_back,
        }
        settled = await queue.settle("worker", outcomes)

        assert set(settled) == set(outcomes)
        refused = [settled[job_id] for job_id in (lost.id, JobId("unknown"), leased["broken"])]
        assert list(map(type, refused)) == [LeaseLost, JobNotFound, KeyError]
        stored = {job.kind: job for job in (await queue.page(None, None, 10)).items}
        assert stored["lost"] == taken
        assert stored["broken"].state is JobState.LEASED
        recorded = {name: stored[name] for name in ("done", "failed", "handed back")}
        assert recorded == {name: settled[leased[name]] for name in recorded}
        assert [(job.state, job.attempts) for job in recorded.values()] == [
            (JobState.DONE, 1),
            (JobState.WAITING, 1),
            (JobState.WAITING, 0),
        ]

    async def test_an_outcome_that_cannot_be_written_down_is_its_own(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Half of a character is no text in any store; the others of the batch have their outcomes."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", run_at=now) for _ in range(3))))
        first, broken, last = [job.id for job in await queue.lease_due("worker", now, 3)]
        unwritable = partial(fail, error="\udce9", now=now, jitter=0.0)

        settled = await queue.settle("worker", {first: complete, broken: unwritable, last: complete})

        assert isinstance(settled[broken], UnicodeEncodeError)
        stored = {job.id: job.state for job in (await queue.page(None, None, 10)).items}
        assert stored == {first: JobState.DONE, broken: JobState.LEASED, last: JobState.DONE}

    async def test_of_outcomes_and_new_leases_at_once_one_holds(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Leases that lapse while their outcomes are written: each job is settled, or is its next worker's."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", run_at=now) for _ in range(12))))
        leased = await queue.lease_due("slow", now, 12)

        settling = asyncio.ensure_future(queue.settle("slow", {job.id: complete for job in leased}))
        batches = await asyncio.gather(*(queue.lease_due(f"worker {n}", now + LEASE, 1) for n in range(6)))
        settled = await settling

        taken = {job.id for batch in batches for job in batch}
        done = {job_id for job_id, job in settled.items() if isinstance(job, Job)}
        assert done | taken == {job.id for job in leased}
        assert not done & taken
        assert {job.id for job in (await queue.page(JobState.DONE, None, 20)).items} == done
        assert all(isinstance(settled[job_id], LeaseLost) for job_id in taken)

    async def test_no_outcome_is_written_twice(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """Of two reports of one worker at the same moment each job has one."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", run_at=now) for _ in range(8))))
        outcomes = dict.fromkeys((job.id for job in await queue.lease_due("worker", now, 8)), hand_back)

        both = await asyncio.gather(queue.settle("worker", outcomes), queue.settle("worker", outcomes))

        for job_id in outcomes:
            told = [report[job_id] for report in both]
            assert sorted(type(each).__name__ for each in told) == ["Job", "LeaseLost"]
        assert {job.attempts for job in (await queue.page(None, None, 10)).items} == {0}

    async def test_outcomes_are_undone_with_their_unit(
        self, jobs: Jobs, queue: Queue, unit_of_work: UnitOfWork, now: datetime
    ) -> None:
        """All of them."""
        await unit_of_work(lambda: jobs.enqueue(*(NewJob(kind="mail", run_at=now) for _ in range(3))))
        leased = await queue.lease_due("worker", now, 3)

        async def work() -> None:
            await queue.settle("worker", {job.id: complete for job in leased})
            raise Undone

        with pytest.raises(Undone):
            await unit_of_work(work)
        assert {job.state for job in (await queue.page(None, None, 10)).items} == {JobState.LEASED}
        again = await queue.settle("worker", {job.id: complete for job in leased})
        assert all(isinstance(job, Job) for job in again.values())
