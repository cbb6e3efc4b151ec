"""What staff do with the queue: look, retry, discard; and each act is written down."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tests.contracts.stores import Store, sqlite_store

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import HmacSigner
from shopcore.adapters.sqlite.database import Database
from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.jobs.errors import JobDone, JobNotFound, LeaseLost, NoJobsChosen
from shopcore.jobs.model import Chosen, Handled, Job, JobState, complete, fail, give_up
from shopcore.jobs.steps.operate_jobs import MOST_AT_ONCE, OperateJobs
from shopcore.jobs.use_cases.discard_job import DiscardJob
from shopcore.jobs.use_cases.discard_jobs import DiscardJobs
from shopcore.jobs.use_cases.list_jobs import ListJobs
from shopcore.jobs.use_cases.publish_events import PublishEvents
from shopcore.jobs.use_cases.retry_job import RetryJob
from shopcore.jobs.use_cases.retry_jobs import RetryJobs
from shopcore.kernel.actor import Customer, Guest, Staff
from shopcore.kernel.errors import Forbidden, ShopError, Unauthenticated
from shopcore.kernel.ids import CustomerId, JobId
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.paging import InvalidCursor
from shopcore.testing.contracts.queue_parts import settle

pytestmark = pytest.mark.anyio

OWNER = Staff(name="owner", permissions=frozenset({"jobs:read", "jobs:write"}))
READER = Staff(name="reader", permissions=frozenset({"jobs:read"}))
LATER = datetime(2099, 1, 1, tzinfo=UTC)
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
def operate(store: Store) -> OperateJobs:
    audit = RecordEntry(audit_log=store.audit_log, clock=store.clock)
    return OperateJobs(
        queue=store.queue,
        audit=audit,
        events=PublishEvents(jobs=store.jobs, bindings={}),
        unit_of_work=store.unit_of_work,
        clock=store.clock,
    )


@pytest.fixture
def retrying(operate: OperateJobs) -> RetryJob:
    return RetryJob(operate=operate)


@pytest.fixture
def discarding(operate: OperateJobs) -> DiscardJob:
    return DiscardJob(operate=operate)


async def leased(store: Store, kind: str = "mail", *, attempts: int = 1) -> Job:
    """A job that a worker has."""
    await store.unit_of_work(lambda: store.jobs.enqueue(NewJob(kind=kind, max_attempts=attempts)))
    (job,) = await store.queue.lease_due("worker", store.clock.now(), 1)
    return job


async def dead(store: Store, kind: str = "mail") -> Job:
    """A dead letter."""
    job = await leased(store, kind)
    return await settle(store.queue, job.id, "worker", lambda job: fail(job, "down", store.clock.now(), 0.5))


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
    await settle(store.queue, held.id, "worker", complete)
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


async def test_dead_jobs_are_tried_again_all_at_once(store: Store, operate: OperateJobs) -> None:
    """Those of one kind, or all; each is written down, and what is not dead is left alone."""
    await dead(store, "mail")
    await dead(store, "image")
    await dead(store, "mail")
    await store.unit_of_work(lambda: store.jobs.enqueue(NewJob(kind="mail", run_at=LATER)))
    retrying = RetryJobs(operate=operate)

    assert (await retrying(OWNER, chosen=Chosen(kind="mail"))).count == 2
    assert [job.kind for job in (await store.queue.page(JobState.DEAD, None, 9)).items] == ["image"]
    assert await retrying(OWNER, chosen=Chosen(all_dead=True)) == Handled(count=1)
    assert await retrying(OWNER, chosen=Chosen(all_dead=True)) == Handled(count=0)
    assert [entry.action for entry in (await store.audit_log.page(None, 9)).items] == ["job.retry"] * 3


async def test_named_jobs_are_discarded_all_at_once(store: Store, operate: OperateJobs) -> None:
    """One that a worker has, or that is gone, is passed over."""
    held, first, second = await leased(store), await dead(store), await dead(store)
    named = (held.id, first.id, JobId("gone"), second.id)

    assert await DiscardJobs(operate=operate)(OWNER, chosen=Chosen(job_ids=named)) == Handled(count=2)
    assert [job.id for job in (await store.queue.page(None, None, 9)).items] == [held.id]


async def test_an_act_in_bulk_ends(store: Store, operate: OperateJobs) -> None:
    """At most so many at once, so that a request can wait for it."""
    jobs = (NewJob(kind="mail", max_attempts=1) for _ in range(MOST_AT_ONCE + 7))
    await store.unit_of_work(lambda: store.jobs.enqueue(*jobs))
    for job in await store.queue.lease_due("worker", store.clock.now(), MOST_AT_ONCE + 7):
        await settle(store.queue, job.id, "worker", lambda job: fail(job, "down", store.clock.now(), 0.5))
    discarding = DiscardJobs(operate=operate)

    first = await discarding(OWNER, chosen=Chosen(all_dead=True))
    assert (first.count, first.go_on_before is None) == (MOST_AT_ONCE, False)
    assert await discarding(OWNER, chosen=Chosen(all_dead=True)) == Handled(count=7)


async def test_what_dies_again_is_not_tried_twice_by_one_round(store: Store, operate: OperateJobs) -> None:
    """As mails do that a server refuses, while the others are still to come: each once, and then it is over."""
    jobs = (NewJob(kind="mail", max_attempts=1) for _ in range(MOST_AT_ONCE + 7))
    await store.unit_of_work(lambda: store.jobs.enqueue(*jobs))
    tried: list[JobId] = []

    async def dies_again() -> None:
        for job in await store.queue.lease_due("worker", store.clock.now(), MOST_AT_ONCE + 7):
            await settle(store.queue, job.id, "worker", lambda job: give_up(job, "refused", store.clock.now()))
            tried.append(job.id)

    await dies_again()
    tried.clear()
    done = await RetryJobs(operate=operate)(OWNER, chosen=Chosen(all_dead=True))
    while done.go_on_before is not None:
        await dies_again()
        done = await RetryJobs(operate=operate)(OWNER, chosen=Chosen(all_dead=True, before=done.go_on_before))
    await dies_again()

    assert len(tried) == len(set(tried)) == MOST_AT_ONCE + 7


@pytest.mark.parametrize(
    "chosen", [Chosen(), Chosen(kind="mail", all_dead=True), Chosen(job_ids=(), kind="mail"), Chosen(all_dead=False)]
)
async def test_an_act_in_bulk_says_what_it_means(operate: OperateJobs, chosen: Chosen) -> None:
    with pytest.raises(NoJobsChosen):
        await DiscardJobs(operate=operate)(OWNER, chosen=chosen)
