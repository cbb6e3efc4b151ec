"""Outcomes are written together, and jobs of a kind may be done together: no job harms another."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.unit.jobs.working_shop import WORKER, Shop, shop

from shopcore.jobs.errors import LeaseLost
from shopcore.jobs.model import LEASE, Job, JobState, Outcome
from shopcore.jobs.steps.do_jobs import Together
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import NewJob

__all__ = ["shop"]

pytestmark = pytest.mark.anyio


@dataclass
class Unsettling:
    """A queue whose driver fails in a way that nobody knows: the first so many times that outcomes are written."""

    queue: Any
    times: int

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        self.times -= 1
        if self.times >= 0:
            raise RuntimeError("an operation that failed")
        settled: Mapping[JobId, Job | Exception] = await self.queue.settle(worker, outcomes)
        return settled

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)


async def test_outcomes_that_cannot_be_written_are_reported(shop: Shop) -> None:
    """Their jobs come again when the lease is over; what ends later is written then."""
    met = asyncio.Event()

    async def wait(_payload: Mapping[str, str]) -> None:
        await met.wait()

    await shop.enqueue(NewJob(kind="bad", priority=1), NewJob(kind="slow"))
    work = replace(shop.worker(bad=shop.see, slow=wait), queue=Unsettling(shop.store.queue, 1))
    working = asyncio.ensure_future(work(WORKER, limit=2))
    while not shop.reported:  # noqa: ASYNC110
        await asyncio.sleep(0)
    met.set()

    assert await working == 2
    states = {job.kind: job.state for job in (await shop.store.queue.page(None, None, 10)).items}
    assert states == {"bad": JobState.LEASED, "slow": JobState.DONE}
    assert shop.reported == [("bad", "RuntimeError")]


@dataclass
class Counting:
    """A queue that says how many outcomes were written each time."""

    queue: Any
    written: list[int] = field(default_factory=list)

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        self.written.append(len(outcomes))
        settled: Mapping[JobId, Job | Exception] = await self.queue.settle(worker, outcomes)
        return settled

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)


async def test_what_has_ended_is_written_together(shop: Shop) -> None:
    """In one transaction; what takes longer is waited for by nobody."""
    met = asyncio.Event()

    async def wait(_payload: Mapping[str, str]) -> None:
        await met.wait()

    queue = Counting(shop.store.queue)
    await shop.enqueue(*(NewJob(kind="see") for _ in range(9)), NewJob(kind="wait"))
    working = asyncio.ensure_future(replace(shop.worker(see=shop.see, wait=wait), queue=queue)(WORKER, limit=10))
    while len((await shop.store.queue.page(JobState.DONE, None, 10)).items) < 9:  # noqa: ASYNC110
        await asyncio.sleep(0)
    met.set()

    assert await working == 10
    assert queue.written == [9, 1]


@dataclass
class Batches:
    """A handler of several at once, which says what it was given."""

    raising: Exception | None = None
    given: list[list[str]] = field(default_factory=list)

    async def __call__(self, payloads: Sequence[Mapping[str, str]]) -> Sequence[Exception | None]:
        self.given.append([payload["n"] for payload in payloads])
        if self.raising and len(payloads) > 1:
            raise self.raising
        return [Unavailable("down") if payload["n"] == "bad" else None for payload in payloads]


async def test_jobs_of_a_kind_may_be_handled_together(shop: Shop) -> None:
    """Each has an outcome of its own; what failed comes again by itself, and is reported as what it is."""
    batches = Batches()
    names = ["0", "1", "bad", "2"]
    await shop.enqueue(*(NewJob(kind="note", payload={"n": name}) for name in names), NewJob(kind="see"))
    work = shop.worker(note=Together(batches), see=shop.see)

    assert await work(WORKER, limit=10) == 5
    await shop.clock.advance(10)
    await shop.enqueue(NewJob(kind="note", payload={"n": "3"}))
    assert await work(WORKER, limit=10) == 2

    assert sorted(map(sorted, batches.given)) == [["0", "1", "2", "bad"], ["3"], ["bad"]]
    notes = {job.payload.get("n"): job.state for job in (await shop.store.queue.page(None, None, 10)).items}
    assert notes.pop("bad") is JobState.WAITING
    assert set(notes.values()) == {JobState.DONE}
    assert shop.reported == [("note", "Unavailable")] * 2


async def test_a_batch_that_fails_harms_its_jobs_once(shop: Shop) -> None:
    """As by one that is its end: each of them is begun by itself then."""
    batches = Batches(raising=KeyError("mia@post.example"))
    await shop.enqueue(*(NewJob(kind="note", payload={"n": str(n)}) for n in range(3)))
    work = shop.worker(note=Together(batches))

    await work(WORKER, limit=10)
    failed = (await shop.store.queue.page(None, None, 10)).items
    assert {(job.state, job.last_error) for job in failed} == {(JobState.WAITING, "KeyError")}
    await shop.clock.advance(10)
    await work(WORKER, limit=10)

    assert list(map(len, batches.given)) == [3, 1, 1, 1]
    assert {job.state for job in (await shop.store.queue.page(None, None, 10)).items} == {JobState.DONE}


async def test_a_batch_that_answers_for_too_few_has_failed(shop: Shop) -> None:
    """Nobody could say whose outcomes these are."""

    async def forgetful(payloads: Sequence[Mapping[str, str]]) -> Sequence[Exception | None]:
        return [None for _ in payloads[1:]]

    await shop.enqueue(NewJob(kind="note"), NewJob(kind="note"))

    await shop.worker(note=Together(forgetful))(WORKER, limit=10)

    failed = (await shop.store.queue.page(None, None, 10)).items
    assert {(job.state, job.last_error) for job in failed} == {(JobState.WAITING, "ValueError")}


async def test_jobs_run_side_by_side(shop: Shop) -> None:
    """One that waits for another that came later would otherwise wait for ever."""
    met = asyncio.Event()

    async def wait(_payload: Mapping[str, str]) -> None:
        await met.wait()

    async def meet(_payload: Mapping[str, str]) -> None:
        met.set()

    await shop.enqueue(NewJob(kind="wait", priority=1), NewJob(kind="meet"))

    assert await shop.worker(wait=wait, meet=meet)(WORKER, limit=2) == 2
    assert shop.reported == []


async def test_an_outcome_that_comes_too_late_is_reported(shop: Shop) -> None:
    """The worker that has the job now settles it; this one says so and goes on."""

    async def overtaken(_payload: Mapping[str, str]) -> None:
        await shop.store.queue.lease_due("quicker", shop.clock.now() + LEASE, 1)

    await shop.enqueue(NewJob(kind="slow"))

    assert await shop.worker(slow=overtaken)(WORKER, limit=1) == 1
    assert shop.reported == [("slow", LeaseLost.__name__)]
    assert (await shop.only()).worker == "quicker"
