"""What becomes of a job: done, tried again, given up, or left for somebody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.jobs.working_shop import WORKER, Shop, raising, shop

from shopcore.jobs.model import UNKNOWN_FOR, JobState, Pace
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.errors import Rejected, Unavailable
from shopcore.kernel.jobs import NewJob

__all__ = ["shop"]

pytestmark = pytest.mark.anyio


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
