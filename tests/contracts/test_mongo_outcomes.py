"""Outcomes in a unit: what it has written itself is seen by what looks again."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from tests.contracts.stores import mongo_database

from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.jobs import MongoJobs, MongoQueue
from shopcore.jobs.model import JobState, complete
from shopcore.kernel.jobs import NewJob
from shopcore.testing.clock import ManualClock

pytestmark = pytest.mark.anyio


@dataclass
class Missing:
    """The jobs, of which the first statement of a batch misses its document once."""

    inner: Any
    misses: int = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def bulk_write(self, statements: Sequence[Any], **named: Any) -> Any:
        if len(statements) > 1 and self.misses:
            self.misses -= 1
            statements = statements[1:]
        return await self.inner.bulk_write(statements, **named)


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(mongo_url) as opened:
        yield opened


async def test_what_a_unit_has_recorded_is_not_told_as_lost(database: MongoDatabase) -> None:
    """One of two misses: the other is recorded, the one is looked at again, and both are told as what they are."""
    clock, ids = ManualClock(), LocalIds()
    await MongoJobs(database, ids, clock, LocalWakeups()).enqueue(NewJob(kind="mail"), NewJob(kind="mail"))
    queue = MongoQueue(database, clock, ids)
    leased = await queue.lease_due("worker", clock.now() + timedelta(seconds=1), 2)
    queue._jobs = missing = Missing(queue._jobs)  # type: ignore[assignment]

    settled = await MongoUnitOfWork(database)(lambda: queue.settle("worker", {job.id: complete for job in leased}))

    assert missing.misses == 0
    assert [getattr(settled[job.id], "state", settled[job.id]) for job in leased] == [JobState.DONE] * 2
