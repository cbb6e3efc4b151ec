"""A job's life: waiting, leased, done, or dead after too many failures."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.jobs.errors import JobDone
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import NewJob

LEASE = timedelta(seconds=30)
"""A worker that has not reported for this long is taken for dead, and its job is given to another."""

RETENTION = timedelta(days=30)
"""How long a done job is kept, so that its unique key still refuses a second one."""

OVERDUE = timedelta(minutes=10)
"""Jobs that have been due for longer have a share of each lease, whatever their priority: no stream of others starves
them, and they starve no others.
"""

_SHARE = 4  # one in so many is the oldest of those overdue

MOST_LOST = 5
"""A job that loses so many workers in a row is given up: each time it takes the work of others down with it."""

_FIRST_PAUSE = 1.0  # seconds
_LONGEST_PAUSE = 3_600.0  # seconds; an hour between tries of something that is down
_SHORTEST_REST, _LONGEST_REST = 10.0, 300.0  # seconds, of what is not tried since others know that it would fail


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


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A job of this kind every so often. After a time without workers the latest tick is made up for, and of those
    before it at most `catch_up`, each by a job of its own; most work that comes late is done all at once.
    """

    kind: str
    every: timedelta
    priority: int = 0
    catch_up: int = 0


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


def most_urgent(due: Iterable[Job], now: datetime, limit: int) -> list[Job]:
    """What is begun next of the due jobs: of every four one that is the oldest of those overdue, the others by priority
    and then by age. In this order, too.
    """
    ranked = sorted(due, key=lambda job: (-job.priority, *_age(job)))
    overdue = sorted((job for job in ranked if _age(job)[0] < now - OVERDUE), key=_age)
    chosen = {job.id: job for job in (*overdue[: -(-limit // _SHARE)], *ranked)}
    among = set(list(chosen)[:limit])
    return [job for job in ranked if job.id in among]


def side_by_side(urgent: Sequence[Job], others: Sequence[Job]) -> list[Job]:
    """Those of the most urgent that may be begun beside `others`, which a worker was given already; and all that are
    spent. What has lost its worker is begun alone: it may have been the death of it.
    """
    spent, alive = [job for job in urgent if is_spent(job)], [job for job in urgent if not is_spent(job)]
    if others and lost_in_a_row(others[0]):
        return spent
    if alive and is_suspect(alive[0]):
        return spent if others else [*spent, alive[0]]
    return [*spent, *(job for job in alive if not is_suspect(job))]


def is_suspect(job: Job) -> bool:
    """Whether the last that was heard of it is that its worker was not heard of."""
    return job.state is JobState.LEASED or lost_in_a_row(job) > 0


def is_spent(job: Job) -> bool:
    """Whether a due job is to be begun no more: its attempts are used up, or it has just lost one worker too many."""
    if job.attempts >= job.max_attempts:
        return True
    return job.state is JobState.LEASED and lost_in_a_row(_lost(job, job.created_at)) >= MOST_LOST


def lost_in_a_row(job: Job) -> int:
    """How many of its latest tries lost their workers; since somebody had it tried again, if anybody did."""
    latest: list[int] = []
    for failure in reversed(job.failures):
        if failure.error != WORKER_LOST or (latest and failure.attempt >= latest[-1]):
            break
        latest.append(failure.attempt)
    return len(latest)


def lease(job: Job, worker: str, now: datetime) -> Job:
    """Give it to a worker; each lease counts as an attempt."""
    return msgspec.structs.replace(
        _lost(job, now),
        state=JobState.LEASED,
        worker=worker,
        leased_until=now + LEASE,
        attempts=job.attempts + 1,
    )


def bury(job: Job, now: datetime) -> Job:
    """A due job that is spent: it is dead, and its last worker lost."""
    return msgspec.structs.replace(_lost(job, now), state=JobState.DEAD, leased_until=None)


def complete(job: Job) -> Job:
    """It is done."""
    return msgspec.structs.replace(job, state=JobState.DONE, leased_until=None, last_error=None)


def fail(job: Job, error: str, now: datetime, jitter: float) -> Job:
    """It failed: wait and try again, or give it up after `max_attempts`. `jitter` is from 0 to 1."""
    if job.attempts >= job.max_attempts:
        return give_up(job, error, now)
    run_at = now + timedelta(seconds=pause_after(job.attempts, jitter))
    return msgspec.structs.replace(_failed(job, error, now), state=JobState.WAITING, leased_until=None, run_at=run_at)


def give_up(job: Job, error: str, now: datetime) -> Job:
    """It failed, and another try is known to be no help."""
    return msgspec.structs.replace(_failed(job, error, now), state=JobState.DEAD, leased_until=None)


def hand_back(job: Job) -> Job:
    """The worker has to stop before it is done: another takes it at once, and the try does not count."""
    return msgspec.structs.replace(job, state=JobState.WAITING, leased_until=None, attempts=job.attempts - 1)


def put_off(job: Job, error: str, now: datetime, jitter: float) -> Job:
    """It was not even tried, since what it needs is known to be down: the try does not count, and is no failure of it.

    It waits half as long as it is old, from 10 seconds to 5 minutes, the upper half of that by chance.
    """
    old = (now - job.created_at).total_seconds()
    longest = min(_LONGEST_REST, max(_SHORTEST_REST, old / 2))
    run_at = now + timedelta(seconds=longest / 2 + longest / 2 * jitter)
    return msgspec.structs.replace(hand_back(job), last_error=error, run_at=run_at)


def _age(job: Job) -> tuple[datetime, JobId]:
    return due_at(job) or job.run_at, job.id


def _lost(job: Job, now: datetime) -> Job:
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


def tick_of(schedule: Schedule, now: datetime) -> int:
    """The number of the tick that `now` falls into; the same for every worker."""
    return int(now.timestamp() // schedule.every.total_seconds())


def is_ahead(fired: int, tick: int) -> bool:
    """Whether a mark cannot be right: of servers whose clocks differ a little one may be a tick ahead, and no more."""
    return fired > tick + 1


def tick_jobs(schedule: Schedule, fired: int | None, tick: int) -> tuple[NewJob, ...]:
    """The jobs of the ticks after the last one that was fired, up to this one; of a schedule that is new only this one.

    Each has a unique key besides, for a store that has forgotten what was fired.
    """
    first = tick if fired is None else max(fired + 1, tick - schedule.catch_up)
    return tuple(
        NewJob(kind=schedule.kind, unique_key=f"{schedule.kind}@{number}", priority=schedule.priority)
        for number in range(first, tick + 1)
    )
