"""The queue in SQLite: jobs are written by the transaction that decided on them, and leased one worker at a time."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec

from shopcore.adapters.sqlite.database import Database
from shopcore.adapters.sqlite.paces import Paces
from shopcore.jobs.errors import JobNotFound, LeaseLost
from shopcore.jobs.model import (
    Depth,
    Job,
    JobState,
    Outcome,
    Pace,
    bury,
    due_at,
    is_due,
    is_held,
    is_spent,
    lease,
    most_urgent,
    queued,
    settled,
    side_by_side,
)
from shopcore.jobs.ports import NO_PACES, Wakeups
from shopcore.kernel.clock import Clock
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.ids import Ids, JobId
from shopcore.kernel.instants import from_micros, to_micros
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.paging import Position, Slice

_ADD = """
INSERT INTO jobs (id, kind, unique_key, state, priority, due_at, done_at, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (unique_key) DO NOTHING
"""
_REPLACE = "UPDATE jobs SET state = ?4, priority = ?5, due_at = ?6, done_at = ?7, body = ?8 WHERE id = ?1"
_GET_ALL = "SELECT body FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
_GET = "SELECT body FROM jobs WHERE id = ?"
_REMOVE = "DELETE FROM jobs WHERE id = ?"
_HIGHEST = "SELECT max(priority) FROM jobs WHERE due_at IS NOT NULL"
_HIGHEST_BELOW = "SELECT max(priority) FROM jobs WHERE due_at IS NOT NULL AND priority < ?"
_DUE = "SELECT body FROM jobs WHERE priority = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?"
_DUE_BUT = """
SELECT body FROM jobs WHERE priority = ? AND due_at <= ? AND kind NOT IN (SELECT value FROM json_each(?))
ORDER BY due_at, id LIMIT ?
"""
_PAGE = "SELECT body FROM jobs WHERE id < ? ORDER BY id DESC LIMIT ?"
_PAGE_OF_STATE = "SELECT body FROM jobs WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?"
_DEPTH = """
SELECT kind, state, count(*), min(due_at) FROM jobs WHERE done_at IS NULL GROUP BY kind, state ORDER BY kind, state
"""
_REMOVE_DONE = """
DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs WHERE done_at < ? ORDER BY done_at LIMIT ?)
"""

_AFTER_EVERY_ID = "~"  # sorts after every letter and digit
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Job).decode


class SqliteJobs:
    """The queue as the rest of the core sees it. Workers are woken once jobs that are due are durable."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, wakeups: Wakeups) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._wakeups = wakeups

    async def enqueue(self, *jobs: NewJob) -> None:
        """See the port."""
        now = self._clock.now()
        rows = [_row(queued(new, JobId(self._ids.new()), now, correlation_id.get()), None) for new in jobs]
        has_due = any(is_due(new, now) for new in jobs)

        def statement(connection: sqlite3.Connection) -> None:
            connection.executemany(_ADD, rows)
            if has_due:
                self._database.after_commit(self._wakeups.wake)

        await self._database.write(statement)


class SqliteQueue:
    """The queue as its workers and operators see it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        """See the port."""
        return await self._database.write(lambda connection: _lease_due(connection, worker, now, limit, paces))

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        """See the port."""
        now, ids = self._clock.now(), _encode(list(outcomes)).decode()
        row = partial(_row, now=now)

        def statement(connection: sqlite3.Connection) -> Mapping[JobId, Job | Exception]:
            held = {job.id: job for (body,) in connection.execute(_GET_ALL, (ids,)) for job in (_decode(body),)}
            after = {job_id: settled(held.get(job_id), worker, outcome, row) for job_id, outcome in outcomes.items()}
            connection.executemany(_REPLACE, [each[1] for each in after.values() if isinstance(each, tuple)])
            return {job_id: each[0] if isinstance(each, tuple) else each for job_id, each in after.items()}

        return await self._database.write(statement)

    async def get(self, job_id: JobId) -> Job:
        """See the port."""
        return await self._database.read(lambda connection: _get(connection, job_id))

    async def change(self, job_id: JobId, change: Callable[[Job], Job]) -> Job:
        """See the port."""
        now = self._clock.now()

        def statement(connection: sqlite3.Connection) -> Job:
            job = _get_free(connection, job_id, now)
            return _replace(connection, job, change(job), now)

        return await self._database.write(statement)

    async def discard(self, job_id: JobId) -> None:
        """See the port."""
        now = self._clock.now()

        def statement(connection: sqlite3.Connection) -> None:
            _get_free(connection, job_id, now)
            connection.execute(_REMOVE, (job_id,))

        await self._database.write(statement)

    async def page(self, state: JobState | None, after: Position | None, limit: int) -> Slice[Job]:
        """See the port."""
        start = after[0] if after else _AFTER_EVERY_ID
        query, key = (_PAGE, (start, limit + 1)) if state is None else (_PAGE_OF_STATE, (state, start, limit + 1))
        rows = await self._database.scan(lambda connection: connection.execute(query, key).fetchall())
        items = [_decode(body) for (body,) in rows[:limit]]
        return Slice(items=items, next_position=(items[-1].id,) if len(rows) > limit else None)

    async def depth(self) -> Sequence[Depth]:
        """See the port."""
        rows = await self._database.scan(lambda connection: connection.execute(_DEPTH).fetchall())
        return [
            Depth(kind=kind, state=JobState(state), count=count, since=None if since is None else from_micros(since))
            for kind, state, count, since in rows
        ]

    async def remove_done(self, before: datetime, limit: int) -> int:
        """See the port."""
        row = to_micros(before), limit
        return await self._database.write(lambda connection: connection.execute(_REMOVE_DONE, row).rowcount)


def _lease_due(
    connection: sqlite3.Connection, worker: str, now: datetime, limit: int, given: Mapping[str, Pace]
) -> list[Job]:
    leased: list[Job] = []
    paces = Paces(connection, given, now)
    while len(leased) < limit:
        urgent = _most_urgent(connection, now, limit - len(leased), paces.used_up)
        if not (due := side_by_side(urgent, leased)):
            break
        spent, begun = list[Job](), list[Job]()
        for job in due:
            if is_spent(job):
                spent.append(bury(job, now))
            elif paces.take(job.kind):
                begun.append(lease(job, worker, now))
        _keep(connection, (*spent, *begun), now)
        leased += begun
    paces.keep()
    return leased


def _most_urgent(connection: sqlite3.Connection, now: datetime, limit: int, without: Collection[str]) -> list[Job]:
    """Of the first due jobs of each priority the most urgent; jobs of the future are never walked over."""
    found: list[Job] = []
    statement, beside = (_DUE_BUT, (json.dumps(list(without)),)) if without else (_DUE, ())
    priority = connection.execute(_HIGHEST).fetchone()[0]
    while priority is not None:
        rows = connection.execute(statement, (priority, to_micros(now), *beside, limit)).fetchall()
        found.extend(_decode(body) for (body,) in rows)
        priority = connection.execute(_HIGHEST_BELOW, (priority,)).fetchone()[0]
    return most_urgent(found, now, limit)


def _get(connection: sqlite3.Connection, job_id: JobId) -> Job:
    row = connection.execute(_GET, (job_id,)).fetchone()
    if row is None:
        raise JobNotFound
    return _decode(row[0])


def _get_free(connection: sqlite3.Connection, job_id: JobId, now: datetime) -> Job:
    job = _get(connection, job_id)
    if is_held(job, now):
        raise LeaseLost
    return job


def _replace(connection: sqlite3.Connection, old: Job, changed: Job, now: datetime) -> Job:
    new = msgspec.structs.replace(changed, id=old.id, unique_key=old.unique_key)
    if new != old:
        connection.execute(_REPLACE, _row(new, now))
    return new


def _keep(connection: sqlite3.Connection, jobs: Iterable[Job], now: datetime) -> None:
    connection.executemany(_REPLACE, [_row(job, now) for job in jobs])


def _row(job: Job, now: datetime | None) -> tuple[object, ...]:
    due = due_at(job)
    return (
        job.id,
        job.kind,
        job.unique_key,
        str(job.state),
        job.priority,
        None if due is None else to_micros(due),
        to_micros(now) if job.state is JobState.DONE and now is not None else None,
        _encode(job),
    )
