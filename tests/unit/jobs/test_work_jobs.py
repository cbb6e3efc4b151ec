"""What is due is done, side by side, and each outcome is recorded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tests.contracts.stores import Store, sqlite_store
from tests.stories import IN_MEMORY

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.ids import LocalIds
from shopcore.adapters.sqlite.database import Database
from shopcore.container.pacing import BY_MAIL
from shopcore.jobs.errors import LeaseLost
from shopcore.jobs.model import LEASE, RETENTION, UNKNOWN_FOR, Job, JobState, Outcome, Pace, Schedule
from shopcore.jobs.steps.do_jobs import DoJobs, Handler, Together
from shopcore.jobs.use_cases.enqueue_scheduled import EnqueueScheduled
from shopcore.jobs.use_cases.forget_done_jobs import ForgetDoneJobs
from shopcore.jobs.use_cases.work_jobs import WorkJobs
from shopcore.kernel.actor import Actor, Customer, Guest, Staff, System
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.errors import Forbidden, InvalidInput, Rejected, ShopError, Unauthenticated, Unavailable
from shopcore.kernel.ids import CustomerId, JobId
from shopcore.kernel.jobs import NewJob
from shopcore.settings import Settings
from shopcore.shop import Shop as Library
from shopcore.testing.clock import ManualClock

pytestmark = pytest.mark.anyio

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


async def test_due_jobs_are_done_once(shop: Shop) -> None:
    """At most as many as asked for at a time; then there is nothing left."""
    await shop.enqueue(*(NewJob(kind="see", payload={"n": str(n)}) for n in range(5)))
    work = shop.worker(see=shop.see)

    assert [await work(WORKER, limit=3) for _ in range(3)] == [3, 2, 0]
    assert sorted(n for n, _ in shop.seen) == ["0", "1", "2", "3", "4"]
    assert {job.state for job in (await shop.store.queue.page(None, None, 10)).items} == {JobState.DONE}
    assert shop.reported == []


async def test_a_job_carries_on_what_caused_it(shop: Shop) -> None:
    """Its correlation id is the request's, or its own; that of the worker's caller stays as it is."""
    token = correlation_id.set("request-1")
    await shop.enqueue(NewJob(kind="see", payload={"n": "caused"}))
    correlation_id.reset(token)
    await shop.enqueue(NewJob(kind="see", payload={"n": "spontaneous"}))
    jobs = (await shop.store.queue.page(None, None, 10)).items

    await shop.worker(see=shop.see)(WORKER, limit=10)

    spontaneous = next(job for job in jobs if job.payload["n"] == "spontaneous")
    assert sorted(shop.seen) == [("caused", "request-1"), ("spontaneous", spontaneous.id)]
    assert correlation_id.get() == ""


async def test_an_anticipated_failure_is_written_down(shop: Shop) -> None:
    """With its code and its sentence, which hold nothing personal; the job comes again later."""
    await shop.enqueue(NewJob(kind="mail"))

    await shop.worker(mail=raising(Unavailable("the mail server is down")))(WORKER, limit=10)

    job = await shop.only()
    assert (job.state, job.last_error) == (JobState.WAITING, "unavailable: the mail server is down")
    assert timedelta(seconds=1) <= job.run_at - shop.clock.now() <= timedelta(seconds=2)
    assert shop.reported == [("mail", "Unavailable")]


async def test_a_kind_that_a_worker_does_not_know_waits_for_one_that_does(shop: Shop) -> None:
    """As of another version that serves beside this one, or did before: no try is counted while that may be."""
    await shop.enqueue(NewJob(kind="newer", payload={"n": "1"}, max_attempts=2))
    for _ in range(5):
        await shop.worker()(WORKER, limit=10)
        await shop.clock.advance(360)
    waiting = await shop.only()
    await shop.worker(newer=shop.see)(WORKER, limit=10)

    assert (waiting.state, waiting.attempts, waiting.failures) == (JobState.WAITING, 0, ())
    assert waiting.last_error == "this worker has no handler for it"
    assert [n for n, _ in shop.seen] == ["1"]


async def test_a_kind_that_nobody_has_known_for_days_is_given_up(shop: Shop) -> None:
    """Nobody can be waiting for it but staff, who hear of dead letters."""
    await shop.enqueue(NewJob(kind="misspelt", max_attempts=2))
    await shop.clock.advance(UNKNOWN_FOR.total_seconds())
    for _ in range(2):
        await shop.worker()(WORKER, limit=10)
        await shop.clock.advance(360)

    job = await shop.only()
    assert (job.state, job.last_error) == (JobState.DEAD, "this worker has no handler for it")


async def test_of_a_bug_only_the_type_is_written_down(shop: Shop) -> None:
    """Its text may hold anything; the edge is given the whole of it to log, and the other jobs go on."""
    await shop.enqueue(NewJob(kind="buggy", priority=1), NewJob(kind="see"))

    await shop.worker(buggy=raising(KeyError("mia@post.example")), see=shop.see)(WORKER, limit=10)

    states = {job.kind: (job.state, job.last_error) for job in (await shop.store.queue.page(None, None, 10)).items}
    assert states == {"buggy": (JobState.WAITING, "KeyError"), "see": (JobState.DONE, None)}
    assert shop.reported == [("buggy", "KeyError")]


async def test_a_job_that_always_fails_dies(shop: Shop) -> None:
    """After its attempts, with a pause before each that is longer than the last but one."""
    await shop.enqueue(NewJob(kind="mail", max_attempts=5))
    work = shop.worker(mail=raising(Unavailable("down")))
    pauses = []
    while (await work(WORKER, limit=1)) == 1 and (job := await shop.only()).state is JobState.WAITING:
        pauses.append((job.run_at - shop.clock.now()).total_seconds())
        await shop.clock.advance(pauses[-1])

    assert (await shop.only()).state is JobState.DEAD
    assert len(pauses) == 4
    assert all(earlier <= later for earlier, later in zip(pauses, pauses[2:], strict=False))


class RefusedForGood(Rejected):
    """As by a mailbox that is not there."""

    code = "refused_for_good"
    is_final = True


async def test_a_job_that_no_other_try_could_help_dies_at_once(shop: Shop) -> None:
    """It says why, and an operator who knows better may have it tried again."""
    await shop.enqueue(NewJob(kind="mail"))

    await shop.worker(mail=raising(RefusedForGood("550 5.1.1")))(WORKER, limit=1)

    job = await shop.only()
    assert (job.state, job.attempts, job.last_error) == (JobState.DEAD, 1, "refused_for_good: 550 5.1.1")
    assert shop.reported == [("mail", "RefusedForGood")]


class NotAsked(Unavailable):
    """As of mail servers that are known to be down."""

    code = "not_asked"
    is_untried = True


async def test_a_job_that_was_not_even_tried_has_used_up_nothing(shop: Shop) -> None:
    """Through an outage of any length: it is done afterwards, and nobody was told of a failure each time."""
    await shop.enqueue(NewJob(kind="mail", max_attempts=1))
    down = shop.worker(mail=raising(NotAsked("the mail servers are down")))
    for _ in range(40):
        assert await down(WORKER, limit=1) == 1
        job = await shop.only()
        assert (job.state, job.attempts, job.last_error) == (
            JobState.WAITING,
            0,
            "not_asked: the mail servers are down",
        )
        await shop.clock.advance((job.run_at - shop.clock.now()).total_seconds())

    await shop.worker(mail=shop.see)(WORKER, limit=1)

    assert (await shop.only()).state is JobState.DONE
    assert shop.reported == []


async def test_what_rests_is_not_begun(shop: Shop) -> None:
    """How many of a kind may be begun is asked anew each time."""
    paces = {"mail": Pace(name="mail", rate=0)}
    work = replace(shop.worker(mail=shop.see, see=shop.see), paces=lambda: paces)
    await shop.enqueue(NewJob(kind="mail", payload={"n": "mail"}), NewJob(kind="see", payload={"n": "other"}))

    assert await work(WORKER, limit=5) == 1
    paces.clear()
    assert await work(WORKER, limit=5) == 1
    assert [n for n, _ in shop.seen] == ["other", "mail"]


async def test_a_kind_nobody_knows_waits_for_a_worker_that_does(shop: Shop) -> None:
    """As in the middle of a rollout: it fails, and is tried again."""
    await shop.enqueue(NewJob(kind="new"))

    assert await shop.worker()(WORKER, limit=1) == 1
    job = await shop.only()
    assert job.state is JobState.WAITING
    assert job.last_error
    await shop.clock.advance(10)
    await shop.worker(new=shop.see)(WORKER, limit=1)
    assert (await shop.only()).state is JobState.DONE


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


async def test_a_tick_is_enqueued_once(shop: Shop) -> None:
    """By however many workers, and again in the next tick."""
    enqueue = EnqueueScheduled(
        schedules=(
            Schedule(kind="sweep", every=timedelta(minutes=5)),
            Schedule(kind="purge", every=timedelta(hours=1), priority=-1),
        ),
        ticks=shop.store.ticks,
        jobs=shop.store.jobs,
        unit_of_work=shop.store.unit_of_work,
        clock=shop.clock,
    )

    await asyncio.gather(*(enqueue(WORKER) for _ in range(5)))
    await shop.clock.advance(300)
    await asyncio.gather(*(enqueue(WORKER) for _ in range(5)))

    kinds = [job.kind for job in (await shop.store.queue.page(None, None, 10)).items]
    assert sorted(kinds) == ["purge", "sweep", "sweep"]


async def test_done_jobs_are_kept_for_a_month(shop: Shop) -> None:
    """Dead ones longer: until somebody has decided on them."""
    await shop.enqueue(NewJob(kind="see"), NewJob(kind="dead", max_attempts=1))
    await shop.worker(see=shop.see, dead=raising(Unavailable("down")))(WORKER, limit=10)
    forget = ForgetDoneJobs(queue=shop.store.queue, clock=shop.clock)

    await shop.clock.advance(RETENTION.total_seconds())
    assert await forget(WORKER) == 0
    await shop.clock.advance(1)
    assert await forget(WORKER) == 1
    assert (await shop.only()).state is JobState.DEAD


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (Guest(), Unauthenticated),
        (Customer(customer_id=CustomerId("c1")), Forbidden),
        (Staff(name="reader", permissions=frozenset({"jobs:read"})), Forbidden),
    ],
)
async def test_only_the_shop_works(shop: Shop, actor: Actor, refusal: type[ShopError]) -> None:
    """Or staff who may write jobs."""
    acts: list[Callable[[], Awaitable[object]]] = [
        partial(shop.worker(), actor, limit=1),
        partial(ForgetDoneJobs(queue=shop.store.queue, clock=shop.clock), actor),
        partial(
            EnqueueScheduled(
                schedules=(),
                ticks=shop.store.ticks,
                jobs=shop.store.jobs,
                unit_of_work=shop.store.unit_of_work,
                clock=shop.clock,
            ),
            actor,
        ),
    ]
    for act in acts:
        with pytest.raises(refusal):
            await act()


async def test_workers_wake_when_there_is_something_to_do(shop: Shop) -> None:
    """As soon as it is durable; not for what is undone, nor for what is due later."""
    wakeups = shop.store.wakeups
    waiting = asyncio.ensure_future(wakeups.wait(30))
    await asyncio.sleep(0)

    async def undone() -> None:
        await shop.store.jobs.enqueue(NewJob(kind="see"))
        raise Unavailable("undone")

    with suppress(Unavailable):
        await shop.store.unit_of_work(undone)
    await shop.enqueue(NewJob(kind="see", run_at=shop.clock.now() + timedelta(hours=1)))
    assert not waiting.done()

    await shop.enqueue(NewJob(kind="see"))
    await asyncio.wait_for(waiting, 5)


async def test_a_limit_for_a_kind_that_there_is_not_is_refused() -> None:
    """It would hold for nothing, and whoever wrote it would not know."""
    with pytest.raises(InvalidInput, match="send_order_confirmaton") as refusal:
        async with Library.open(Settings(**IN_MEMORY, job_rates={"send_order_confirmaton": 10})):
            pass

    assert [error.field for error in refusal.value.errors] == ["JOB_RATES"]
    async with Library.open(Settings(**IN_MEMORY, job_rates={"send_order_confirmation": 10})):
        pass


async def test_a_limit_may_be_for_all_mails_together() -> None:
    """A mail server does not care for what a mail is. A kind of them has no other limit beside it."""
    with pytest.raises(InvalidInput, match="send_order_mail") as refusal:
        async with Library.open(Settings(**IN_MEMORY, job_rates={"mail": 10, "send_order_mail": 5})):
            pass

    assert [error.code for error in refusal.value.errors] == ["named_twice"]
    async with Library.open(Settings(**IN_MEMORY, job_rates={"mail": 10, "deliver_webhook": 5})) as shop:
        found = shop._cases.work_jobs.paces()
    assert {kind for kind, pace in found.items() if pace == Pace(name="mail", rate=10)} == set(BY_MAIL)
    assert found["deliver_webhook"] == Pace(name="deliver_webhook", rate=5)


async def test_every_kind_that_sends_mail_is_one_of_mail() -> None:
    """By its name: whoever adds one thinks of the mail server."""
    async with Library.open(Settings(**IN_MEMORY)) as shop:
        kinds = set(shop._cases.work_jobs.do_jobs.handlers)

    assert {kind for kind in kinds if kind.startswith(("send_", "report_"))} == set(BY_MAIL)
