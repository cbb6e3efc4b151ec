"""Queues with one mistake each, around a sound one."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import msgspec

from shopcore.jobs.errors import JobNotFound, LeaseLost
from shopcore.jobs.model import Depth, Job, JobState, Outcome, Pace, lease
from shopcore.jobs.ports import NO_PACES, Queue, Ticks
from shopcore.kernel.ids import JobId
from shopcore.kernel.paging import Position, Slice


@dataclass
class Sound:
    """The store's own queue; each mistake changes one thing of it."""

    queue: Queue

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        return await self.queue.lease_due(worker, now, limit, paces)

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        return await self.queue.settle(worker, outcomes)

    async def get(self, job_id: JobId) -> Job:
        return await self.queue.get(job_id)

    async def change(self, job_id: JobId, change: Callable[[Job], Job]) -> Job:
        return await self.queue.change(job_id, change)

    async def discard(self, job_id: JobId) -> None:
        await self.queue.discard(job_id)

    async def page(self, state: JobState | None, after: Position | None, limit: int) -> Slice[Job]:
        return await self.queue.page(state, after, limit)

    async def depth(self) -> Sequence[Depth]:
        return await self.queue.depth()

    async def remove_done(self, before: datetime, limit: int) -> int:
        return await self.queue.remove_done(before, limit)


class Generous(Sound):
    """Gives a job to whoever asks."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        waiting = (await self.page(JobState.WAITING, None, limit)).items
        await asyncio.sleep(0)
        for job in waiting:
            with suppress(Exception):
                await self.change(job.id, lambda job: lease(job, worker, now))
        return waiting


class Ranked(Sound):
    """Priority is all that counts, however long a job has waited."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        waiting = (await self.page(JobState.WAITING, None, 100)).items
        chosen = sorted((job for job in waiting if job.run_at <= now), key=lambda job: (-job.priority, job.run_at))
        return [await self.change(job.id, lambda job: lease(job, worker, now)) for job in chosen[:limit]]


class Aged(Sound):
    """What has waited long goes before everything."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        return [job for _ in range(limit) for job in await self.queue.lease_due(worker, now, 1)]


class Careless(Sound):
    """What has lost its worker is begun as everything is: with others, and again and again."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        leased: list[Job] = []
        while len(leased) < limit and (more := await super().lease_due(worker, now, limit - len(leased))):
            leased += more
        return leased


class Trusting(Sound):
    """Whoever reports is believed."""

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        holders = {(await self.get(job_id)).worker for job_id in outcomes}
        return await super().settle(holders.pop() or worker, outcomes)


class Inseparable(Sound):
    """The first that is not recorded keeps all others from it."""

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        for job_id in outcomes:
            with suppress(JobNotFound):
                if (await self.get(job_id)).worker != worker:
                    return dict.fromkeys(outcomes, LeaseLost())
        return await super().settle(worker, outcomes)


class Fragile(Sound):
    """What cannot be written down keeps its batch from it."""

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        try:
            msgspec.json.encode([outcome(await self.get(job_id)) for job_id, outcome in outcomes.items()])
        except UnicodeEncodeError as error:
            return dict.fromkeys(outcomes, error)
        return await super().settle(worker, outcomes)


class Obliging(Sound):
    """What is not recorded is told as if it were."""

    async def settle(self, worker: str, outcomes: Mapping[JobId, Outcome]) -> Mapping[JobId, Job | Exception]:
        leased = {job_id: await self.get(job_id) for job_id in outcomes}
        settled = await super().settle(worker, outcomes)
        return {
            job_id: outcome(leased[job_id]) if isinstance(settled[job_id], Exception) else settled[job_id]
            for job_id, outcome in outcomes.items()
        }


class Hurried(Sound):
    """No kind has a rate."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        return await super().lease_due(worker, now, limit)


class Alone(Sound):
    """Each worker keeps to the rate, for itself."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        return await super().lease_due(worker, now, min([limit, *(pace.rate for pace in paces.values())]))


class Apart(Sound):
    """Each kind has its pace for itself."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        apart = {kind: Pace(name=kind, rate=pace.rate) for kind, pace in paces.items()}
        return await super().lease_due(worker, now, limit, apart)


class Restless(Sound):
    """A rate of nothing is taken for none."""

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        return await super().lease_due(worker, now, limit, {kind: pace for kind, pace in paces.items() if pace.rate})


@dataclass
class Unforgiving(Sound):
    """A start counts whenever it was, or is to be."""

    latest: datetime | None = None

    async def lease_due(
        self, worker: str, now: datetime, limit: int, paces: Mapping[str, Pace] = NO_PACES
    ) -> Sequence[Job]:
        self.latest = max(self.latest or now, now)
        return await super().lease_due(worker, self.latest, limit, paces)


class Forgetful(Sound):
    """Only the last error counts."""

    async def get(self, job_id: JobId) -> Job:
        job = await super().get(job_id)
        return msgspec.structs.replace(job, failures=job.failures[-1:])


class Complete(Sound):
    """What is done is counted as well."""

    async def depth(self) -> Sequence[Depth]:
        done = (await self.page(JobState.DONE, None, 100)).items
        return [*await super().depth(), *(Depth(kind=job.kind, state=job.state, count=1) for job in done)]


@dataclass
class Repeated:
    """Every worker that asks at the same moment is told that it is the first."""

    ticks: Ticks

    async def fired(self) -> Mapping[str, int]:
        return await self.ticks.fired()

    async def fire(self, kind: str, tick: int) -> int | None:
        before = await self.ticks.fire(kind, tick)
        return None if before is None else min(before, tick - 1)


@dataclass
class Trustful:
    """The mark of whoever was ahead stands."""

    ticks: Ticks

    async def fired(self) -> Mapping[str, int]:
        return await self.ticks.fired()

    async def fire(self, kind: str, tick: int) -> int | None:
        mark = (await self.ticks.fired()).get(kind, -1)
        return mark if mark > tick else await self.ticks.fire(kind, tick)
