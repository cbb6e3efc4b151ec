"""Which of the due jobs are begun next, and which no more."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from shopcore.jobs.model.life import WORKER_LOST, Job, JobState, due_at, lost
from shopcore.kernel.ids import JobId

OVERDUE = timedelta(minutes=10)
"""Jobs that have been due for longer have a share of each lease, whatever their priority: no stream of others starves
them, and they starve no others.
"""

_SHARE = 4  # one in so many is the oldest of those overdue

MOST_LOST = 5
"""A job that loses so many workers in a row is given up: each time it takes the work of others down with it."""


def most_urgent(due: Iterable[Job], now: datetime, limit: int) -> list[Job]:
    """What is begun next of the due jobs: of every four one that is the oldest of those overdue, the others by priority
    and then by age. In this order, too.
    """
    by_rank = sorted((-job.priority, *_age(job), job) for job in due)
    late = now - OVERDUE
    overdue = sorted((due_at, job_id) for _, due_at, job_id, _ in by_rank if due_at < late)
    chosen = {job_id for _, job_id in overdue[: -(-limit // _SHARE)]}
    for _, _, job_id, _ in by_rank:
        if len(chosen) >= limit:
            break
        chosen.add(job_id)
    return [job for _, _, job_id, job in by_rank if job_id in chosen]


def side_by_side(urgent: Sequence[Job], others: Sequence[Job]) -> list[Job]:
    """Those of the most urgent that may be begun beside `others`, which a worker was given already; and all that are
    spent. What has lost its worker is begun alone: it may have been the death of it.
    """
    spent, alive = list[Job](), list[Job]()
    for job in urgent:
        (spent if is_spent(job) else alive).append(job)
    if others and lost_in_a_row(others[0]):
        return spent
    if alive and is_suspect(alive[0]):
        return spent if others else [*spent, alive[0]]
    return [*spent, *(job for job in alive if not is_suspect(job))]


def is_suspect(job: Job) -> bool:
    """Whether the last that was heard of it is that its worker was not heard of."""
    return job.state is JobState.LEASED or (bool(job.failures) and job.failures[-1].error == WORKER_LOST)


def is_spent(job: Job) -> bool:
    """Whether a due job is to be begun no more: its attempts are used up, or it has just lost one worker too many."""
    if job.attempts >= job.max_attempts:
        return True
    return job.state is JobState.LEASED and lost_in_a_row(lost(job, job.created_at)) >= MOST_LOST


def lost_in_a_row(job: Job) -> int:
    """How many of its latest tries lost their workers; since somebody had it tried again, if anybody did."""
    latest: list[int] = []
    for failure in reversed(job.failures):
        if failure.error != WORKER_LOST or (latest and failure.attempt >= latest[-1]):
            break
        latest.append(failure.attempt)
    return len(latest)


def _age(job: Job) -> tuple[datetime, JobId]:
    return due_at(job) or job.run_at, job.id
