"""A queue, a clock and a worker, for tests of what becomes of jobs."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.sqlite.database import Database
from shopcore.jobs.model import Job
from shopcore.jobs.steps.do_jobs import DoJobs, Handler, Together
from shopcore.jobs.use_cases.work_jobs import WorkJobs
from shopcore.kernel.actor import System
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.jobs import NewJob
from shopcore.testing.clock import ManualClock

WORKER = System(kind="worker")


@dataclass
class Shop:
    """A queue in memory, and what its handlers were seen to do."""

    store: Store
    clock: ManualClock
    reported: list[tuple[str, str]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)

    async def enqueue(self, *jobs: NewJob) -> None:
        await self.store.unit_of_work(lambda: self.store.jobs.enqueue(*jobs))

    def worker(self, **handlers: Handler | Together) -> WorkJobs:
        return WorkJobs(
            queue=self.store.queue,
            do_jobs=DoJobs(handlers=handlers, clock=self.clock, chance=LocalChance(), report=self.report),
            clock=self.clock,
            ids=LocalIds(),
        )

    def report(self, job: Job, error: Exception) -> None:
        self.reported.append((job.kind, type(error).__name__))

    async def see(self, payload: Mapping[str, str]) -> None:
        self.seen.append((payload.get("n", ""), correlation_id.get()))

    async def only(self) -> Job:
        (job,) = (await self.store.queue.page(None, None, 10)).items
        return job


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """Nothing to do yet."""
    database = await Database.open()
    store = sqlite_store(database)
    assert isinstance(store.clock, ManualClock)
    yield Shop(store, store.clock)
    await database.close()


def raising(error: BaseException) -> Handler:
    """A handler that fails like that."""

    async def handler(_payload: Mapping[str, str]) -> None:
        raise error

    return handler
