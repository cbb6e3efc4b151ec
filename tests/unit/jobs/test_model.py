"""A job is tried until it is done or given up, never hurried, never starved."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught
from tests.unit.jobs.drawn import MOMENTS, NOON, jobs

from shopcore.jobs.errors import JobDone
from shopcore.jobs.model import (
    LEASE,
    TRANSITIONS,
    Job,
    JobState,
    Schedule,
    complete,
    due_at,
    fail,
    give_up,
    is_held,
    lease,
    pause_after,
    put_off,
    retry,
    tick_jobs,
    tick_of,
)

pytestmark = pytest.mark.core

HOUR = 3_600.0

Pause: TypeAlias = Callable[[int, float], float]
Fail: TypeAlias = Callable[[Job, str, datetime, float], Job]
Tick: TypeAlias = Callable[[Schedule, datetime], str]

JITTERS = st.floats(0, 1, exclude_max=True)


@given(jobs(states=(JobState.WAITING, JobState.LEASED)), MOMENTS)
def test_a_leased_job_is_held_for_half_a_minute(job: Job, now: datetime) -> None:
    """The attempt counts from the start, whatever becomes of it; then it is due again."""
    leased = lease(job, "worker", now)

    assert leased.state in TRANSITIONS[job.state]
    assert leased.attempts == job.attempts + 1
    assert is_held(leased, now + LEASE - timedelta(microseconds=1))
    assert not is_held(leased, now + LEASE)
    assert due_at(leased) == now + LEASE


@given(jobs(states=(JobState.WAITING, JobState.LEASED)), st.integers(1, 5))
def test_an_attempt_that_ended_without_a_word_is_counted(job: Job, lapses: int) -> None:
    """Each lease that lapses is one; one whose outcome was recorded is none, and nothing takes the count back."""
    leased = lease(job, "worker", NOON)
    known = leased.lost_attempts
    for _ in range(lapses):
        leased = lease(leased, "another", NOON + LEASE)
    failed = fail(replace(leased, max_attempts=leased.attempts + 1), "down", NOON, 0.5)

    assert known == job.lost_attempts + (job.state is JobState.LEASED)
    assert leased.lost_attempts == known + lapses
    assert lease(failed, "worker", NOON).lost_attempts == leased.lost_attempts
    assert retry(failed, NOON).lost_attempts == complete(leased).lost_attempts == leased.lost_attempts


@given(jobs(states=(JobState.LEASED,)))
def test_a_done_job_is_done(job: Job) -> None:
    """It is never due, never held, never tried again."""
    done = complete(job)

    assert done.state in TRANSITIONS[job.state]
    assert due_at(done) is None
    assert not is_held(done, NOON)
    with pytest.raises(JobDone):
        retry(done, NOON)


@given(jobs(states=(JobState.WAITING, JobState.LEASED, JobState.DEAD)), MOMENTS)
def test_a_retried_job_has_all_its_attempts_again(job: Job, now: datetime) -> None:
    """From now."""
    again = retry(job, now)

    assert again.state in TRANSITIONS[job.state]
    assert (again.attempts, due_at(again)) == (0, now)


@given(jobs(states=(JobState.LEASED,)), st.integers(0, 100_000), JITTERS)
def test_what_was_not_even_tried_has_all_its_attempts(job: Job, old: int, jitter: float) -> None:
    """It waits, the longer the older it is, though never for long, and its history says nothing of it."""
    now = job.created_at + timedelta(seconds=old)
    waiting = put_off(job, "down", now, jitter)
    pause = (waiting.run_at - now).total_seconds()

    assert waiting.state in TRANSITIONS[job.state]
    assert (waiting.state, waiting.attempts, waiting.last_error) == (JobState.WAITING, job.attempts - 1, "down")
    assert waiting.failures == job.failures
    assert 5.0 <= pause <= 300.0
    assert pause <= max(10.0, old / 2)
    assert pause >= min(150.0, old / 4)


@given(jobs(states=(JobState.LEASED,)), st.integers(0, 100_000), JITTERS)
def test_what_knows_when_it_may_be_tried_comes_then(job: Job, pause: int, jitter: float) -> None:
    """Neither its age nor chance has a say in it."""
    waiting = put_off(job, "in a line", job.created_at, jitter, pause=float(pause))

    assert waiting.run_at - job.created_at == timedelta(seconds=pause)
    assert waiting.attempts == job.attempts - 1


FAILURES = st.tuples(jobs(states=(JobState.LEASED,)), MOMENTS, JITTERS)


def comes_again_or_dies(failing: Fail, job: Job, now: datetime, jitter: float) -> None:
    """As long as it has attempts left it waits, a while; then it is a dead letter, and says why."""
    failed = failing(job, "down", now, jitter)

    assert failed.state in TRANSITIONS[job.state]
    assert (failed.state is JobState.DEAD) == (job.attempts >= job.max_attempts)
    assert failed.last_error == "down"
    assert not is_held(failed, now)
    if failed.state is JobState.WAITING:
        assert timedelta(seconds=1) <= failed.run_at - now <= timedelta(seconds=HOUR)
    assert failed.attempts == job.attempts


@given(FAILURES)
def test_a_failed_job_comes_again_or_dies(example: tuple[Job, datetime, float]) -> None:
    comes_again_or_dies(fail, *example)


@given(FAILURES)
def test_a_job_that_is_given_up_is_dead_and_can_be_retried(example: tuple[Job, datetime, float]) -> None:
    """Whatever attempts it has left."""
    job, now, _ = example
    dead = give_up(job, "refused", now)

    assert (dead.state, dead.last_error, due_at(dead)) == (JobState.DEAD, "refused", None)
    assert retry(dead, now).state is JobState.WAITING


@pytest.mark.parametrize(
    "planted",
    [
        lambda job, error, now, jitter: fail(replace(job, max_attempts=job.max_attempts + 1), error, now, jitter),
        lambda job, error, now, jitter: replace(fail(job, error, now, jitter), run_at=now),
        lambda job, error, now, jitter: replace(fail(job, error, now, jitter), attempts=0),
    ],
    ids=["one attempt too many", "at once", "for ever"],
)
def test_wrong_ways_to_fail_are_noticed(planted: Fail) -> None:
    caught(lambda example: comes_again_or_dies(planted, *example), FAILURES)


PAUSES = st.tuples(st.integers(1, 200), JITTERS)


def backs_off(pause: Pause, attempts: int, jitter: float) -> None:
    """Longer each time, at least a second, at most an hour; chance decides on the upper half."""
    seconds = pause(attempts, jitter)

    assert 1.0 <= seconds <= HOUR
    assert pause(attempts, 0.0) <= seconds <= 2 * pause(attempts, 0.0)
    assert pause(attempts + 1, jitter) >= seconds
    assert pause(attempts, 0.0) != pause(attempts, 0.9)


@given(PAUSES)
def test_pauses_back_off(example: tuple[int, float]) -> None:
    """However many attempts there were: no overflow either."""
    backs_off(pause_after, *example)


@pytest.mark.parametrize(
    "planted",
    [
        lambda attempts, jitter: pause_after(attempts, 0.0),
        lambda attempts, jitter: 2.0 ** min(attempts, 900) * (1 + jitter) / 2,
        lambda attempts, jitter: pause_after(attempts, jitter) * jitter,
        lambda attempts, jitter: pause_after(9 - min(attempts, 8), jitter),
    ],
    ids=["all at one moment", "for ages", "at once", "ever shorter"],
)
def test_wrong_pauses_are_noticed(planted: Pause) -> None:
    caught(lambda example: backs_off(planted, *example), PAUSES)


TICKS = st.tuples(st.integers(1, 86_400), MOMENTS, st.integers(1, 20))


def ticks_once(tick: Tick, every: int, now: datetime, later: int) -> None:
    """One key for all who look within a tick, another one after it, and for another kind."""
    schedule = Schedule(kind="sweep", every=timedelta(seconds=every))
    length = timedelta(seconds=every)
    start = NOON - timedelta(seconds=NOON.timestamp() % every)
    at = start + (now - NOON) % length

    assert tick(schedule, at) == tick(schedule, start)
    assert tick(schedule, at + length) != tick(schedule, at)
    assert len({tick(schedule, at + times * length) for times in range(later)}) == later
    assert tick(replace(schedule, kind="purge"), at) != tick(schedule, at)


def tick_key(schedule: Schedule, now: datetime) -> str:
    """What makes the job of a tick the only one."""
    tick = tick_of(schedule, now)
    (job,) = tick_jobs(schedule, tick - 1, tick)
    assert job.unique_key is not None
    return job.unique_key


@given(st.integers(0, 40), st.integers(0, 60) | st.none(), st.integers(0, 60))
def test_each_missed_tick_is_made_up_for_as_far_as_the_schedule_says(
    catch_up: int, fired: int | None, tick: int
) -> None:
    """The latest ones, in order; none that was fired, and of a schedule that is new only the present one."""
    schedule = Schedule(kind="sweep", every=timedelta(minutes=5), catch_up=catch_up)
    numbers = [int(str(job.unique_key).partition("@")[2]) for job in tick_jobs(schedule, fired, tick)]
    missed = [tick] if fired is None else list(range(fired + 1, tick + 1))

    assert numbers == missed[-1 - catch_up :]


@given(TICKS)
def test_a_tick_has_one_key(example: tuple[int, datetime, int]) -> None:
    """So that many workers fire it once."""
    ticks_once(tick_key, *example)


@pytest.mark.parametrize(
    "planted",
    [
        lambda schedule, now: f"{schedule.kind}@{now.isoformat()}",
        lambda schedule, now: f"{schedule.kind}@{int(now.timestamp() // 3600)}",
        lambda schedule, now: tick_key(replace(schedule, kind=""), now),
    ],
    ids=["each look", "hours only", "any kind"],
)
def test_wrong_keys_are_noticed(planted: Tick) -> None:
    caught(lambda example: ticks_once(planted, *example), TICKS)


@given(jobs())
def test_encoded_and_decoded_it_is_the_same(job: Job) -> None:
    """The stored form loses nothing."""
    assert msgspec.json.decode(msgspec.json.encode(job), type=Job) == job


def test_the_table_ends_where_a_job_ends() -> None:
    """Done is done; dead letters can be revived; every state but the first can be reached."""
    assert TRANSITIONS[JobState.DONE] == frozenset()
    assert {state for states in TRANSITIONS.values() for state in states} == set(JobState)
