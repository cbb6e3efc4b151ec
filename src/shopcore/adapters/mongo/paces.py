"""How many jobs of a kind were begun in the last second, and how far each schedule was fired, in MongoDB."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from bson.int64 import Int64
from pymongo import ReturnDocument

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.operations import JOB_STARTS, JOB_TICKS
from shopcore.adapters.mongo.units import Session
from shopcore.jobs.model import Job, Pace, is_ahead, is_spent
from shopcore.kernel.instants import to_micros

_SECOND = 1_000_000


class MongoPaces:
    """What may still be begun, for all workers: each asks before it takes."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._starts = database.collection(JOB_STARTS)

    async def within(
        self, due: Sequence[Job], paces: Mapping[str, Pace], now: datetime, used_up: set[str]
    ) -> list[Job]:
        """Those of the due jobs that may be begun at this moment; a kind of which no more may be is then `used_up`.

        What another worker was faster to begin has to be given back.
        """
        wanted = Counter(paces[job.kind].name for job in due if _counts(job, paces))
        rates = {pace.name: pace.rate for pace in paces.values()}
        left = {name: await self._taken(name, count, rates[name], now) for name, count in wanted.items()}
        used_up |= {kind for kind, pace in paces.items() if left.get(pace.name, 0) < wanted[pace.name]}
        chosen = []
        for job in due:
            if not _counts(job, paces):
                chosen.append(job)
            elif left[paces[job.kind].name] > 0:
                left[paces[job.kind].name] -= 1
                chosen.append(job)
        return chosen

    async def give_back(
        self, chosen: Sequence[Job], begun: Sequence[Job], paces: Mapping[str, Pace], now: datetime
    ) -> None:
        """Take back what was granted for jobs that another worker has begun."""
        granted = Counter(paces[job.kind].name for job in chosen if _counts(job, paces))
        granted.subtract(Counter(paces[job.kind].name for job in begun if job.kind in paces))
        for name, count in granted.items():
            if count > 0:
                await self._given_back(name, count, now)

    async def _given_back(self, name: str, count: int, now: datetime) -> None:
        at = Int64(to_micros(now))
        others = {"$filter": {"input": "$begun", "cond": {"$ne": ["$$this", at]}}}
        same = {"$size": {"$filter": {"input": "$begun", "cond": {"$eq": ["$$this", at]}}}}
        kept = {"$map": {"input": {"$range": [0, {"$max": [0, {"$subtract": [same, count]}]}]}, "in": at}}
        steps: list[Document] = [{"$set": {"begun": {"$concatArrays": [others, kept]}}}]
        await self._database.once(lambda session: self._starts.update_one({"_id": name}, steps, session=session))

    async def _taken(self, name: str, wanted: int, rate: int, now: datetime) -> int:
        """How many of those wanted are granted: one statement, so that no two workers are granted the same."""
        at = Int64(to_micros(now))
        lately = {"$filter": {"input": {"$ifNull": ["$begun", []]}, "cond": {"$gt": ["$$this", at - _SECOND]}}}
        # What is to begin in more than a second was written by a clock that is ahead, or was.
        counted = {"$filter": {"input": "$begun", "cond": {"$lt": ["$$this", at + _SECOND]}}}
        granted = {"$max": [0, {"$min": [wanted, {"$subtract": [rate, {"$size": counted}]}]}]}
        starts = {"$map": {"input": {"$range": [0, "$granted"]}, "in": at}}
        steps: list[Document] = [
            {"$set": {"begun": lately}},
            {"$set": {"granted": granted}},
            {"$set": {"begun": {"$concatArrays": ["$begun", starts]}}},
        ]

        async def step(session: Session) -> int:
            after = await self._starts.find_one_and_update(
                {"_id": name}, steps, upsert=True, return_document=ReturnDocument.AFTER, session=session
            )
            return int((after or {})["granted"])

        return await self._database.once(step)


def _counts(job: Job, paces: Mapping[str, Pace]) -> bool:
    """Whether beginning it takes a turn: it has a rate, and does not become dead instead."""
    return job.kind in paces and not is_spent(job)


class MongoTicks:
    """How far each schedule was fired."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._ticks = database.collection(JOB_TICKS)

    async def fired(self) -> Mapping[str, int]:
        """See the port."""
        # By its key, so that the index is walked and not the collection: there is one for each schedule.
        known = {"_id": {"$gte": ""}}
        found = await self._database.read(lambda session: self._ticks.find(known, session=session).to_list())
        return {each["_id"]: int(each["tick"]) for each in found}

    async def fire(self, kind: str, tick: int) -> int | None:
        """See the port."""

        async def step(session: Session) -> int | None:
            mark = {"$cond": [{"$gt": ["$tick", Int64(tick + 1)]}, Int64(tick), {"$max": ["$tick", Int64(tick)]}]}
            before = await self._ticks.find_one_and_update(
                {"_id": kind}, [{"$set": {"tick": mark}}], upsert=True, session=session
            )
            return None if before is None or is_ahead(before["tick"], tick) else int(before["tick"])

        return await self._database.write(step)
