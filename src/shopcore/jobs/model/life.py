"""A job's life: waiting, leased, done, or dead after too many failures."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias, TypeVar

import msgspec

from shopcore.jobs.errors import JobDone, JobNotFound, LeaseLost
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import NewJob

LEASE = timedelta(seconds=30)
"""A worker that has not reported for this long is taken for dead, and its job is given to another."""

_TO_RECORD = timedelta(seconds=5)  # before the lease is over: the outcome has to be written by then

RETENTION = timedelta(days=30)
"""How long a done job is kept, so that its unique key still refuses a second one."""

_FIRST_PAUSE = 1.0  # seconds
_LONGEST_PAUSE = 3_600.0  # seconds; an hour between tries of something that is down
_SHORTEST_REST, _LONGEST_REST = 10.0, 300.0  # seconds, of what is not tried since others know that it would fail


UNKNOWN_FOR = timedelta(days=3)
"""How long a job waits for a worker of a version that knows its kind: longer than servers of two versions serve side by
side. Then it is tried, and given up, as one that fails.
"""


class JobState(StrEnum):
    """Where a job stands. A leased one whose lease has run out may be leased again."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


KEPT_FAILURES = 20
"""How many of a job's failures are kept, the latest: what a person needs who decides on a dead one."""

WORKER_LOST = "the worker did not report in time"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One try that came to nothing. `error` is a code and a sentence, or the type of a bug; nothing personal."""

    at: datetime
    attempt: int
    error: str


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done. `payload` holds ids only."""

    id: JobId
    kind: str
    payload: dict[str, str]
    run_at: datetime
    created_at: datetime
    priority: int = 0
    max_attempts: int = 12
    unique_key: str | None = None
    correlation_id: str = ""
    state: JobState = JobState.WAITING
    attempts: int = 0
    worker: str | None = None
    leased_until: datetime | None = None
    last_error: str | None = None
    lost_attempts: int = 0
    """Those that ended without a word: the worker died, or took longer than its lease. What each did may be done twice
    where whoever it was done with cannot tell."""
    failures: tuple[Failure, ...] = ()
    """The last `KEPT_FAILURES`, oldest first; those before an operator's retry too."""


Outcome: TypeAlias = Callable[[Job], Job]
"""What becomes of a leased job, applied to it as it is stored."""

_Written = TypeVar("_Written")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs may be begun in a second: of all kinds together whose pace has this name."""

    name: str
    rate: int


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs of a kind stand in a state that is not done, and when the first of them was, or will be, due."""

    kind: str
    state: JobState
    count: int
    since: datetime | None = None


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What an act in bulk is on: these jobs, or the dead ones of a kind, or all that are dead. Of dead ones only those
    that are older than `before`.
    """

    job_ids: tuple[JobId, ...] | None = None
    kind: str | None = None
    all_dead: bool = False
    before: JobId | None = None


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """To how many jobs it was done; and where there are more, those that are older than `go_on_before`."""

    count: int
    go_on_before: JobId | None = None


def queued(new: NewJob, job_id: JobId, now: datetime, correlation_id: str) -> Job:
    """A job as it enters the queue, of whoever asked for it under this correlation id."""
    return Job(
        id=job_id,
        kind=new.kind,
        payload=new.payload,
        run_at=new.run_at or now,
        created_at=now,
        priority=new.priority,
        max_attempts=new.max_attempts,
        unique_key=new.unique_key,
        correlation_id=correlation_id,
    )


def is_due(new: NewJob, now: datetime) -> bool:
    """Whether workers have to hear of it at once."""
    return new.run_at is None or new.run_at <= now


TRANSITIONS: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        JobState.WAITING: frozenset({JobState.LEASED, JobState.WAITING}),
        JobState.LEASED: frozenset({JobState.LEASED, JobState.WAITING, JobState.DONE, JobState.DEAD}),
        JobState.DONE: frozenset[JobState](),
        JobState.DEAD: frozenset({JobState.WAITING}),
    }
)
"""Where each state can go. A discarded job is removed, from any state but leased."""


def due_at(job: Job) -> datetime | None:
    """When a worker may take it: at its time, or at the end of a lease; None once it is done or dead."""
    match job.state:
        case JobState.WAITING:
            return job.run_at
        case JobState.LEASED:
            return job.leased_until
        case JobState.DONE | JobState.DEAD:
            return None


def is_held(job: Job, now: datetime) -> bool:
    """Whether a worker has it, and its lease lasts."""
    return job.state is JobState.LEASED and job.leased_until is not None and now < job.leased_until


def seconds_left(job: Job, now: datetime) -> float:
    """For the work on a leased job. Its lease began before the store had answered, and at its end another begins."""
    return ((job.leased_until or now) - _TO_RECORD - now).total_seconds()


def lease(job: Job, worker: str, now: datetime) -> Job:
    """Give it to a worker; each lease counts as an attempt."""
    return msgspec.structs.replace(
        lost(job, now),
        state=JobState.LEASED,
        worker=worker,
        leased_until=now + LEASE,
        attempts=job.attempts + 1,
    )


def bury(job: Job, now: datetime) -> Job:
    """A due job that is spent: it is dead, and its last worker lost."""
    return msgspec.structs.replace(lost(job, now), state=JobState.DEAD, leased_until=None)


def settled(
    job: Job | None, worker: str, outcome: Outcome, written: Callable[[Job], _Written]
) -> tuple[Job, _Written] | Exception:
    """A job with its outcome, and as its store writes that down; or why that is not recorded: `LeaseLost` if the worker
    does not hold it any more, `JobNotFound`, or what the outcome or its writing raised.
    """
    if job is None:
        return JobNotFound()
    if job.state is not JobState.LEASED or job.worker != worker:
        return LeaseLost()
    try:
        after = msgspec.structs.replace(outcome(job), id=job.id, unique_key=job.unique_key)
        return after, written(after)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others have their outcomes
        return error


def complete(job: Job) -> Job:
    """It is done."""
    return msgspec.structs.replace(job, state=JobState.DONE, leased_until=None, last_error=None)


def fail(job: Job, error: str, now: datetime, jitter: float) -> Job:
    """It failed: wait and try again, or give it up after `max_attempts`. `jitter` is from 0 to 1."""
    if job.attempts >= job.max_attempts:
        return give_up(job, error, now)
    return wait_until(job, error, now, now + timedelta(seconds=pause_after(job.attempts, jitter)))


def give_up(job: Job, error: str, now: datetime) -> Job:
    """It failed, and another try is known to be no help."""
    return msgspec.structs.replace(_failed(job, error, now), state=JobState.DEAD, leased_until=None)


def hand_back(job: Job) -> Job:
    """The worker has to stop before it is done: another takes it at once, and the try does not count."""
    return msgspec.structs.replace(job, state=JobState.WAITING, leased_until=None, attempts=job.attempts - 1)


def put_off(job: Job, error: str, now: datetime, jitter: float, pause: float | None = None) -> Job:
    """It was not even tried, since what it needs is known to be down: the try does not count, and is no failure of it.

    It waits for `pause` seconds where that is known; otherwise half as long as it is old, from 10 seconds to 5 minutes,
    the upper half of that by chance.
    """
    if pause is None:
        old = (now - job.created_at).total_seconds()
        longest = min(_LONGEST_REST, max(_SHORTEST_REST, old / 2))
        pause = longest / 2 + longest / 2 * jitter
    run_at = now + timedelta(seconds=pause)
    return msgspec.structs.replace(hand_back(job), last_error=error, run_at=run_at)


def unknown(job: Job, now: datetime, jitter: float) -> Job:
    """This worker has no handler for its kind, as of a newer or an older version: it waits for one that has."""
    error = "this worker has no handler for it"
    if now - job.created_at < UNKNOWN_FOR:
        return put_off(job, error, now, jitter)
    return fail(job, error, now, jitter)


def wait_until(job: Job, error: str, now: datetime, run_at: datetime) -> Job:
    """It failed, and is tried again at the moment that was said: how often, whoever says it knows."""
    return msgspec.structs.replace(_failed(job, error, now), state=JobState.WAITING, leased_until=None, run_at=run_at)


def lost(job: Job, now: datetime) -> Job:
    """A lease that has lapsed was lost with its worker; a job that waits has lost nothing."""
    if job.state is not JobState.LEASED:
        return job
    return msgspec.structs.replace(_failed(job, WORKER_LOST, now), lost_attempts=job.lost_attempts + 1)


def _failed(job: Job, error: str, now: datetime) -> Job:
    failures = (*job.failures, Failure(at=now, attempt=job.attempts, error=error))[-KEPT_FAILURES:]
    return msgspec.structs.replace(job, last_error=error, failures=failures)


def retry(job: Job, now: datetime) -> Job:
    """Somebody wants a waiting or dead job tried now, with all its attempts again. Raises `JobDone` for a done one."""
    if job.state is JobState.DONE:
        raise JobDone
    return msgspec.structs.replace(job, state=JobState.WAITING, attempts=0, run_at=now, leased_until=None)


def unchanged(job: Job) -> Job:
    """The change that only looks."""
    return job


def standing(job: Job) -> dict[str, str]:
    """What the audit log keeps of a job."""
    return {"kind": job.kind, "state": job.state.value, "attempts": str(job.attempts)}


def pause_after(attempts: int, jitter: float) -> float:
    """Seconds to wait: doubling, at most an hour, the upper half of it by chance ("equal jitter")."""
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempts, 30))
    return longest / 2 + longest / 2 * jitter
