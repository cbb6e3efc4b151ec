"""A job has its time: what hangs, what has no time left, and a worker that has to stop."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.jobs.working_shop import WORKER, Shop, raising, shop

from shopcore.jobs.model import LEASE, Job, JobState, Outcome
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import NewJob
from shopcore.testing.clock import ManualClock

__all__ = ["shop"]

pytestmark = pytest.mark.anyio


async def test_a_job_that_hangs_is_given_up_before_its_lease(shop: Shop) -> None:
    """It is cancelled, so that it does not run on beside the next try."""
    cancelled = []

    async def hang(_payload: Mapping[str, str]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(shop.clock.now())
            raise

    await shop.enqueue(NewJob(kind="hang"))
    begun = shop.clock.now()
    working = asyncio.ensure_future(shop.worker(hang=hang)(WORKER, limit=1))
    await shop.clock.asleep(1)
    await shop.clock.advance(LEASE.total_seconds())
    await working

    assert cancelled
    assert cancelled[0] < begun + LEASE + timedelta(microseconds=1)
    assert (await shop.only()).last_error == "TimeoutError"
    assert shop.reported == [("hang", "TimeoutError")]


@dataclass
class Slow:
    """A store that answers so many seconds after it has leased, as while another server takes over."""

    queue: Any
    clock: ManualClock
    seconds: float

    async def lease_due(self, *given: Any) -> Any:
        leased = await self.queue.lease_due(*given)
        await self.clock.advance(self.seconds)
        return leased

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)


async def test_what_the_lease_took_is_not_there_for_the_work(shop: Shop) -> None:
    """A job is given up while its lease lasts, however late it began: the next worker begins at the end of it."""
    begun = shop.clock.now()
    await shop.enqueue(NewJob(kind="hang"))
    hanging = asyncio.Event()
    work = shop.worker(hang=lambda _payload: hanging.wait())  # type: ignore[arg-type, return-value]
    working = asyncio.ensure_future(replace(work, queue=Slow(shop.store.queue, shop.clock, 10.0))(WORKER, limit=1))
    await shop.clock.asleep(1)
    await shop.clock.advance(14)
    assert (await shop.only()).state is JobState.LEASED
    await shop.clock.advance(1)
    await working

    assert shop.clock.now() < begun + LEASE
    assert (await shop.only()).last_error == "TimeoutError"


async def test_where_no_time_is_left_nothing_is_begun(shop: Shop) -> None:
    """Another takes it, and the try does not count."""
    await shop.enqueue(NewJob(kind="see"))
    work = replace(shop.worker(see=shop.see), queue=Slow(shop.store.queue, shop.clock, 26.0))

    assert await work(WORKER, limit=1) == 1
    job = await shop.only()
    assert (shop.seen, job.state, job.attempts, job.failures) == ([], JobState.WAITING, 0, ())


async def test_who_has_to_stop_hands_back_what_is_not_done(shop: Shop) -> None:
    """Another worker takes it at once, and the try does not count."""
    begun = asyncio.Event()

    async def hang(_payload: Mapping[str, str]) -> None:
        begun.set()
        await asyncio.Event().wait()

    await shop.enqueue(NewJob(kind="hang"))
    working = asyncio.ensure_future(shop.worker(hang=hang)(WORKER, limit=1))
    await begun.wait()
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working

    (again,) = await shop.store.queue.lease_due("another", shop.clock.now(), 10)
    assert (again.kind, again.attempts, again.lost_attempts, again.failures) == ("hang", 1, 0, ())


async def test_all_that_is_not_done_is_handed_back(shop: Shop) -> None:
    """Before whoever has to stop is gone: not only the first of them."""
    begun: list[str] = []

    async def hang(payload: Mapping[str, str]) -> None:
        begun.append(payload["n"])
        await asyncio.Event().wait()

    await shop.enqueue(*(NewJob(kind="hang", payload={"n": str(n)}) for n in range(8)))
    working = asyncio.ensure_future(shop.worker(hang=hang)(WORKER, limit=8))
    while len(begun) < 8:  # noqa: ASYNC110
        await asyncio.sleep(0)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working

    assert len(await shop.store.queue.lease_due("another", shop.clock.now(), 10)) == 8


async def test_a_handler_that_cancels_itself_has_failed(shop: Shop) -> None:
    """Nobody told it to stop: its worker goes on, and it comes again after a pause."""
    await shop.enqueue(NewJob(kind="gone", priority=1), NewJob(kind="see"))

    assert await shop.worker(gone=raising(asyncio.CancelledError()), see=shop.see)(WORKER, limit=2) == 2
    states = {job.kind: (job.state, job.last_error) for job in (await shop.store.queue.page(None, None, 10)).items}
    assert states == {"gone": (JobState.WAITING, "CancelledError"), "see": (JobState.DONE, None)}


class EndOfProcess(BaseException):
    """Nothing that a shop may catch."""


async def test_the_end_of_the_process_is_nobodys_to_keep(shop: Shop) -> None:
    """It goes on to whoever ends it; the job stays with the worker that is gone."""
    await shop.enqueue(NewJob(kind="ends"))

    with pytest.raises(EndOfProcess):
        await shop.worker(ends=raising(EndOfProcess()))(WORKER, limit=1)
    assert (await shop.only()).state is JobState.LEASED


@dataclass
class Halting:
    """A queue that begins to write outcomes, and goes on when it is told to."""

    queue: Any
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        self.begun.set()
        await self.told.wait()
        settled: Mapping[JobId, Job | Exception] = await self.queue.settle(worker, outcomes)
        return settled

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)


async def test_what_is_done_is_written_although_the_worker_has_to_stop(shop: Shop) -> None:
    """It is not left to be done again."""
    queue = Halting(shop.store.queue)
    await shop.enqueue(NewJob(kind="see"))
    working = asyncio.ensure_future(replace(shop.worker(see=shop.see), queue=queue)(WORKER, limit=1))
    await queue.begun.wait()
    working.cancel()
    queue.told.set()
    with suppress(asyncio.CancelledError):
        await working

    assert working.cancelled()
    assert (await shop.only()).state is JobState.DONE
