"""What staff do with the queue: look, retry, discard; and each act is written down."""

from collections.abc import AsyncIterator

import pytest
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import HmacSigner
from shopcore.adapters.sqlite.database import Database
from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.jobs.errors import JobDone, JobNotFound, LeaseLost
from shopcore.jobs.model import Job, JobState, complete, fail
from shopcore.jobs.use_cases.discard_job import DiscardJob
from shopcore.jobs.use_cases.list_jobs import ListJobs
from shopcore.jobs.use_cases.retry_job import RetryJob
from shopcore.kernel.actor import Customer, Guest, Staff
from shopcore.kernel.errors import Forbidden, ShopError, Unauthenticated
from shopcore.kernel.ids import CustomerId, JobId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.paging import InvalidCursor

pytestmark = pytest.mark.anyio

OWNER = Staff(name="owner", permissions=frozenset({"jobs:read", "jobs:write"}))
READER = Staff(name="reader", permissions=frozenset({"jobs:read"}))
STRANGERS = [(Guest(), Unauthenticated), (Customer(customer_id=CustomerId("c1")), Forbidden)]


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    """Nothing to do yet."""
    database = await Database.open()
    yield sqlite_store(database)
    await database.close()


@pytest.fixture
def listing(store: Store) -> ListJobs:
    return ListJobs(queue=store.queue, signer=HmacSigner(new_key_ring()))


@pytest.fixture
def retrying(store: Store) -> RetryJob:
    audit = RecordEntry(audit_log=store.audit_log, clock=store.clock)
    return RetryJob(queue=store.queue, audit=audit, unit_of_work=store.unit_of_work, clock=store.clock)


@pytest.fixture
def discarding(store: Store) -> DiscardJob:
    audit = RecordEntry(audit_log=store.audit_log, clock=store.clock)
    return DiscardJob(queue=store.queue, audit=audit, unit_of_work=store.unit_of_work)


async def leased(store: Store, *, attempts: int = 1) -> Job:
    """A job that a worker has."""
    await store.unit_of_work(lambda: store.jobs.enqueue(NewJob(kind="mail", max_attempts=attempts)))
    (job,) = await store.queue.lease_due("worker", store.clock.now(), 1)
    return job


async def dead(store: Store) -> Job:
    """A dead letter."""
    job = await leased(store)
    return await store.queue.settle(job.id, "worker", lambda job: fail(job, "down", store.clock.now(), 0.5))


async def test_a_dead_job_is_tried_again(store: Store, retrying: RetryJob) -> None:
    """At once, with all its attempts; the log says who wanted it."""
    job = await dead(store)

    again = await retrying(OWNER, job_id=job.id)

    assert (again.state, again.attempts) == (JobState.WAITING, 0)
    assert len(await store.queue.lease_due("worker", store.clock.now(), 1)) == 1
    entry = await store.audit_log.last()
    assert entry is not None
    assert (entry.actor, entry.action, entry.subject) == ("staff:owner", "job.retry", f"job:{job.id}")
    assert entry.before == {"kind": "mail", "state": "dead", "attempts": "1"}
    assert entry.after == {"kind": "mail", "state": "waiting", "attempts": "0"}


async def test_a_discarded_job_is_gone(store: Store, discarding: DiscardJob) -> None:
    """But not without a trace."""
    job = await dead(store)

    await discarding(OWNER, job_id=job.id)

    assert (await store.queue.page(None, None, 10)).items == []
    entry = await store.audit_log.last()
    assert entry is not None
    assert (entry.action, entry.before["state"], entry.after) == ("job.discard", "dead", {})


async def test_what_cannot_be_is_refused_and_not_written_down(
    store: Store, retrying: RetryJob, discarding: DiscardJob
) -> None:
    """An unknown job, a held one, a done one."""
    held = await leased(store)
    for act in (retrying, discarding):
        with pytest.raises(JobNotFound):
            await act(OWNER, job_id=JobId("unknown"))
        with pytest.raises(LeaseLost):
            await act(OWNER, job_id=held.id)
    await store.queue.settle(held.id, "worker", complete)
    with pytest.raises(JobDone):
        await retrying(OWNER, job_id=held.id)

    assert await store.audit_log.last() is None


async def test_the_list_is_paged_and_filtered(store: Store, listing: ListJobs) -> None:
    """By state; a cursor is good for its own list only."""
    for _ in range(3):
        await dead(store)
    await store.unit_of_work(lambda: store.jobs.enqueue(NewJob(kind="mail")))

    first = await listing(READER, state=JobState.DEAD, limit=2)
    rest = await listing(READER, state=JobState.DEAD, limit=2, cursor=first.next_cursor)

    assert [len(first.items), len(rest.items), rest.next_cursor] == [2, 1, None]
    assert len({job.id for job in [*first.items, *rest.items]}) == 3
    assert len((await listing(READER)).items) == 4
    with pytest.raises(InvalidCursor):
        await listing(READER, cursor=first.next_cursor)


async def test_who_may_read_may_not_write(store: Store, retrying: RetryJob, discarding: DiscardJob) -> None:
    job = await dead(store)
    for act in (retrying, discarding):
        with pytest.raises(Forbidden):
            await act(READER, job_id=job.id)


@pytest.mark.parametrize(("actor", "refusal"), STRANGERS)
async def test_the_queue_is_no_strangers_business(
    listing: ListJobs, retrying: RetryJob, discarding: DiscardJob, actor: Guest | Customer, refusal: type[ShopError]
) -> None:
    """Not even that a job is there."""
    with pytest.raises(refusal):
        await listing(actor)
    for act in (retrying, discarding):
        with pytest.raises(refusal):
            await act(actor, job_id=JobId("unknown"))
