"""The queue in MongoDB: jobs are written by the transaction that decided on them, and leased one worker at a time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec
from bson import encode
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne, UpdateOne

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.documents import Codec, replace
from shopcore.adapters.mongo.errors import TryAgain
from shopcore.adapters.mongo.paces import MongoPaces
from shopcore.adapters.mongo.paging import after as beyond
from shopcore.adapters.mongo.paging import sliced
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.operations import JOBS
from shopcore.adapters.mongo.units import Session
from shopcore.jobs.errors import JobNotFound, LeaseLost
from shopcore.jobs.model import (
    OVERDUE,
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

_KEYS = ("-_id",)
_OPEN = [state.value for state in JobState if state is not JobState.DONE]
_A_TIME = {"$type": "long"}  # said as the partial indexes say it: without it they are not used

_codec = Codec(JOBS, Job)


class MongoJobs:
    """The queue as the rest of the core sees it. Workers are woken once jobs that are due are durable."""

    def __init__(self, database: MongoDatabase, ids: Ids, clock: Clock, wakeups: Wakeups) -> None:
        self._database = database
        self._jobs = database.collection(JOBS)
        self._ids = ids
        self._clock = clock
        self._wakeups = wakeups

    async def enqueue(self, *jobs: NewJob) -> None:
        """See the port."""
        if not jobs:
            return
        now = self._clock.now()
        adding = [_adding(queued(new, JobId(self._ids.new()), now, correlation_id.get())) for new in jobs]
        has_due = any(is_due(new, now) for new in jobs)

        async def step(session: Session) -> None:
            await self._jobs.bulk_write(adding, session=session)
            if has_due:
                self._database.after_commit(self._wakeups.wake)

        await self._database.write(step)


class MongoQueue:
    """The queue as its workers and operators see it."""

    def __init__(self, database: MongoDatabase, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._jobs = database.collection(JOBS)
        self._paces = MongoPaces(database)
        self._clock = clock
        self._ids = ids

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        """See the port."""
        leased: list[Job] = []
        used_up = {kind for kind, pace in paces.items() if not pace.rate}
        while len(leased) < limit:
            found = await self._first_due(now, limit - len(leased), used_up)
            urgent = most_urgent(map(_codec.decode, found.values()), now, limit - len(leased))
            if not (due := side_by_side(urgent, leased)):
                break
            chosen = await self._paces.within(due, paces, now, used_up) if paces else due
            begun = await self._lease(chosen, found, worker, now) if chosen else []
            if paces:
                await self._paces.give_back(chosen, begun, paces, now)
            leased += begun
        return leased

    async def _first_due(self, now: datetime, limit: int, without: Collection[str]) -> Mapping[str, Document]:
        """The first by priority and the first of those that are overdue, by their ids: the most urgent are among them.
        Jobs of the future are never walked over.
        """
        but = {"kind": {"$nin": sorted(without)}} if without else {}
        late = {"due": {"$lt": to_micros(now - OVERDUE), **_A_TIME}, **but}

        async def step(session: Session) -> list[Document]:
            due = self._jobs.find({"due": {"$lte": to_micros(now), **_A_TIME}, **but}, session=session)
            found = await due.sort([("priority", -1), ("due", 1), ("_id", 1)]).limit(limit).to_list()
            if len(found) < limit:  # then they are all here
                return found
            overdue = await self._jobs.find(late, session=session).sort([("due", 1), ("_id", 1)]).limit(limit).to_list()
            return [*found, *overdue]

        return {each["_id"]: each for each in await self._database.read(step)}

    async def _lease(self, due: Sequence[Job], found: Mapping[str, Document], worker: str, now: datetime) -> list[Job]:
        """Take those that nobody else takes at this moment: a mark of this call's own tells which."""
        mark, changes = self._ids.new(), []
        for job in due:
            old, is_over = found[job.id], is_spent(job)
            new = bury(job, now) if is_over else lease(job, worker, now)
            guard = {"_id": job.id, "version": old["version"]}
            changes.append(ReplaceOne(guard, _document(new, old, now, None if is_over else mark)))

        async def step(session: Session) -> list[Document]:
            await self._jobs.bulk_write(changes, ordered=False, session=session)
            ids = [job.id for job in due]
            return await self._jobs.find({"_id": {"$in": ids}, "lease": mark}, session=session).to_list()

        taken = {each["_id"]: each for each in await self._database.once(step)}
        return [_codec.decode(taken[job.id]) for job in due if job.id in taken]

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        """See the port. Where another is faster with one of them, that one is looked at again: it is lost then."""
        over: dict[JobId, Job | Exception] = {}
        while left := {job_id: outcome for job_id, outcome in outcomes.items() if job_id not in over}:
            over |= await self._database.once(partial(self._settle, worker, left))
        return over

    async def _settle(
        self, worker: str, outcomes: Mapping[JobId, Outcome], session: Session
    ) -> Mapping[JobId, Job | Exception]:
        """Those that are settled, or cannot be: a mark of this call's own tells which, where not all are."""
        now, mark, changes = self._clock.now(), self._ids.new(), list[ReplaceOne[Document]]()
        known = await self._jobs.find({"_id": {"$in": list(outcomes)}}, session=session).to_list()
        held = {each["_id"]: each for each in known}
        after: dict[JobId, Job | Exception] = {}
        for job_id, outcome in outcomes.items():
            old = held.get(job_id)
            job = None if old is None else _codec.decode(old)
            new = settled(job, worker, outcome, partial(_raw, old=old or {}, now=now, mark=mark))
            if isinstance(new, Exception):
                after[job_id] = new
                continue
            after[job_id], document = new
            changes.append(ReplaceOne({"_id": job_id, "version": (old or {})["version"]}, document))
        if not changes:
            return after
        written = await self._jobs.bulk_write(changes, ordered=False, session=session)
        if written.matched_count == len(changes):
            return after
        marked = await self._jobs.find(
            {"_id": {"$in": list(after)}, "lease": mark}, {"_id": 1}, session=session
        ).to_list()
        ours = {each["_id"] for each in marked}
        return {job_id: new for job_id, new in after.items() if not isinstance(new, Job) or job_id in ours}

    async def get(self, job_id: JobId) -> Job:
        """See the port."""
        return _found(await self._database.read(lambda session: self._jobs.find_one({"_id": job_id}, session=session)))

    async def change(self, job_id: JobId, change: Callable[[Job], Job]) -> Job:
        """See the port."""
        return await self._change(job_id, lambda job: change(_free(job, self._clock.now())))

    async def _change(self, job_id: JobId, change: Callable[[Job], Job]) -> Job:
        new: Job

        def changed(old: Document | None) -> Document | None:
            nonlocal new
            job = _found(old)
            new = msgspec.structs.replace(change(job), id=job.id, unique_key=job.unique_key)
            return None if new == job else _document(new, old or {}, self._clock.now(), None)

        await replace(self._database, JOBS, job_id, changed)
        return new

    async def discard(self, job_id: JobId) -> None:
        """See the port."""

        async def step(session: Session) -> None:
            old = await self._jobs.find_one({"_id": job_id}, session=session)
            _free(_found(old), self._clock.now())
            guard = {"_id": job_id, "version": (old or {})["version"]}
            if not (await self._jobs.delete_one(guard, session=session)).deleted_count:
                raise TryAgain

        await self._database.guarded(JOBS, job_id, step)

    async def page(self, state: JobState | None, after: Position | None, limit: int) -> Slice[Job]:
        """See the port."""
        asked = beyond(_KEYS, after) | ({} if state is None else {"state": JobState(state).value})
        found = await self._database.read(
            lambda session: self._jobs.find(asked, session=session).sort("_id", -1).limit(limit + 1).to_list()
        )
        return sliced(found, _KEYS, limit, _codec.decode)

    async def depth(self) -> Sequence[Depth]:
        """See the port."""
        group = {"_id": {"kind": "$kind", "state": "$state"}, "count": {"$sum": 1}, "since": {"$min": "$due"}}
        sort = {"_id.kind": 1, "_id.state": 1}
        stages: list[Document] = [{"$match": {"state": {"$in": _OPEN}}}, {"$group": group}, {"$sort": sort}]

        async def step(session: Session) -> list[Document]:
            return await (await self._jobs.aggregate(stages, session=session)).to_list()

        return [_depth(each) for each in await self._database.read(step)]

    async def remove_done(self, before: datetime, limit: int) -> int:
        """See the port."""
        old = {"done": {"$lt": to_micros(before), **_A_TIME}}

        async def step(session: Session) -> int:
            found = await self._jobs.find(old, {"_id": 1}, session=session).sort("done").limit(limit).to_list()
            ids = [each["_id"] for each in found]
            return (await self._jobs.delete_many({"_id": {"$in": ids}, **old}, session=session)).deleted_count

        return await self._database.once(step)


def _adding(job: Job) -> UpdateOne:
    """A job that has a key is added unless there is one: the statement itself looks. So do those without, by their id,
    which is new: what is of one kind is one statement.
    """
    document = _document(job, {"version": 0}, None, None)
    known: Document = {"_id": document.pop("_id")}
    if job.unique_key is not None:
        document |= known
        known = {"unique_key": {"$eq": document.pop("unique_key"), "$type": "string"}}  # as its index says it
    return UpdateOne(known, {"$setOnInsert": document}, upsert=True)


def _document(job: Job, old: Document, now: datetime | None, mark: str | None) -> Document:
    due = due_at(job)
    done = to_micros(now) if job.state is JobState.DONE and now is not None else None
    return _codec.encode(
        job,
        due=None if due is None else Int64(to_micros(due)),
        done=None if done is None else Int64(done),
        lease=mark,
        version=Int64(int(old["version"]) + 1),
    )


def _raw(job: Job, old: Document, now: datetime, mark: str) -> RawBSONDocument:
    """A document as it goes to the server: what cannot be written raises here, where it is known whose it is."""
    return RawBSONDocument(encode(_document(job, old, now, mark)))


def _depth(group: Document) -> Depth:
    of, since = group["_id"], group["since"]
    return Depth(
        kind=of["kind"],
        state=JobState(of["state"]),
        count=int(group["count"]),
        since=None if since is None else from_micros(int(since)),
    )


def _found(document: Document | None) -> Job:
    if document is None:
        raise JobNotFound
    return _codec.decode(document)


def _free(job: Job, now: datetime) -> Job:
    if is_held(job, now):
        raise LeaseLost
    return job
