"""Which jobs are begun next: neither the urgent nor the late starve, and what kills workers is given up."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught
from tests.unit.jobs.drawn import NOON, jobs

from shopcore.jobs.model import (
    MOST_LOST,
    OVERDUE,
    Job,
    JobState,
    bury,
    due_at,
    fail,
    is_spent,
    lease,
    most_urgent,
    retry,
)
from shopcore.kernel.ids import JobId

pytestmark = pytest.mark.core

Choose: TypeAlias = Callable[[list[Job], datetime, int], list[Job]]

LIMITS = st.integers(1, 20)
DUE = st.tuples(
    st.lists(
        jobs(states=(JobState.WAITING,)).filter(lambda job: job.run_at <= NOON),
        max_size=30,
        unique_by=lambda job: job.id,
    ),
    LIMITS,
)


def is_fair(choose: Choose, due: list[Job], limit: int) -> None:
    """As many as are wanted: of every four one that is the oldest of those overdue, the others by priority and age."""
    chosen = choose(due, NOON, limit)
    by_rank = sorted(due, key=lambda job: (-job.priority, job.run_at, job.id))
    by_age = sorted((job for job in due if job.run_at < NOON - OVERDUE), key=lambda job: (job.run_at, job.id))
    share = by_age[: (limit + 3) // 4]
    others = [job for job in by_rank if job not in share][: limit - len(share)]

    assert chosen == [job for job in by_rank if job in share or job in others]


@given(DUE)
def test_the_urgent_go_first_and_the_overdue_have_a_share(example: tuple[list[Job], int]) -> None:
    is_fair(most_urgent, *example)


@pytest.mark.parametrize(
    "planted",
    [
        lambda due, _now, limit: sorted(due, key=lambda job: (-job.priority, job.run_at, job.id))[:limit],
        lambda due, _now, limit: sorted(due, key=lambda job: (job.run_at, job.id))[:limit],
        lambda due, now, limit: most_urgent(due, now, max(limit - 1, 0)),
    ],
    ids=["priority alone", "age alone", "too few"],
)
def test_wrong_choices_are_noticed(planted: Choose) -> None:
    caught(lambda example: is_fair(planted, *example), DUE)


STREAMS = st.tuples(st.integers(4, 16), st.integers(1, 40), st.integers(0, 40), st.integers(0, 20))


def starves_nobody(choose: Choose, limit: int, backlog: int, money: int, inflow: int) -> None:
    """A backlog of low priority, some money, and more of it all the time: of each lease three quarters are money while
    there is so much, and the backlog is gone in its time although there always is.
    """
    numbers = itertools.count()

    def due(priority: int, waited: timedelta) -> Job:
        job = Job(id=JobId(f"{next(numbers):09}"), kind="k", payload={}, run_at=NOON - waited, created_at=NOON)
        return replace(job, priority=priority)

    waiting = [due(0, OVERDUE * 2) for _ in range(backlog)] + [due(30, timedelta()) for _ in range(money)]
    for _ in range(-(-backlog // (-(-limit // 4)))):
        waiting += [due(30, timedelta()) for _ in range(inflow)]
        paid = sum(job.priority == 30 for job in waiting)
        chosen = choose(waiting, NOON, limit)
        waiting = [job for job in waiting if job not in chosen]

        assert sum(job.priority == 30 for job in chosen) >= min(paid, limit * 3 // 4)
    assert all(job.priority == 30 for job in waiting)


@given(STREAMS)
def test_nobody_starves(example: tuple[int, int, int, int]) -> None:
    """Neither those that were late nor those that are in a hurry."""
    starves_nobody(most_urgent, *example)


@pytest.mark.parametrize(
    "planted",
    [
        lambda due, _now, limit: sorted(due, key=lambda job: (-job.priority, job.run_at, job.id))[:limit],
        lambda due, _now, limit: sorted(due, key=lambda job: (job.run_at, -job.priority, job.id))[:limit],
    ],
    ids=["the late wait for ever", "money waits behind them"],
)
def test_who_starves_is_noticed(planted: Choose) -> None:
    caught(lambda example: starves_nobody(planted, *example), STREAMS)


@given(st.integers(1, 200), st.booleans())
def test_a_job_that_loses_worker_after_worker_dies_soon(most: int, fails_once: bool) -> None:
    """However many attempts it has. A try that merely fails says that it does not kill; each loss is counted."""
    job = Job(id=JobId("j"), kind="k", payload={}, run_at=NOON, created_at=NOON, max_attempts=most + 2)
    if fails_once:
        job = fail(lease(lease(job, "lost", NOON), "worker", NOON), "down", NOON, 0.5)
    before = job
    while not is_spent(job):
        job = lease(job, "worker", NOON)
    dead = bury(job, NOON)

    assert dead.attempts - before.attempts == min(MOST_LOST, most + 2 - before.attempts)
    assert dead.lost_attempts - before.lost_attempts == dead.attempts - before.attempts
    assert (dead.state, due_at(dead)) == (JobState.DEAD, None)
    assert not is_spent(retry(dead, NOON))
