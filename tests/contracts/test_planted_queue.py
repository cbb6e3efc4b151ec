"""The contracts of the queue notice the mistakes they are there for: each is planted over every store here."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import msgspec
import pytest
from tests.contracts.stores import Store

from shopcore.jobs.errors import JobNotFound, LeaseLost
from shopcore.jobs.model import Depth, Job, JobState, Outcome, Pace, lease
from shopcore.jobs.ports import NO_PACES, Queue, Ticks
from shopcore.kernel.ids import JobId
from shopcore.kernel.paging import Position, Slice
from shopcore.testing.contracts.paces import RatesContract, TicksContract
from shopcore.testing.contracts.queue import QueueContract
from shopcore.testing.contracts.queue_losses import LossesContract
from shopcore.testing.contracts.queue_outcomes import OutcomesContract
from shopcore.testing.contracts.queue_view import QueueViewContract

pytestmark = pytest.mark.anyio


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


async def test_a_sound_queue_is_let_pass(store: Store) -> None:
    """What the mistakes are planted in does not fail by itself."""
    parts = store.jobs, Sound(store.queue), store.unit_of_work, store.clock.now()

    await QueueContract().test_the_overdue_do_not_starve(*parts)
    await RatesContract().test_nobody_waits_behind_a_kind_that_waits_for_its_turn(*parts)


async def test_a_sound_queue_may_rest(store: Store) -> None:
    parts = store.jobs, Sound(store.queue), store.unit_of_work, store.clock.now()

    await RatesContract().test_of_a_kind_at_rate_nothing_none_is_begun(*parts)


async def test_a_job_that_is_given_away_twice_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueContract().test_a_job_is_leased_to_one_worker(
            store.jobs, Generous(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_starving_job_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueContract().test_the_overdue_do_not_starve(
            store.jobs, Ranked(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_money_that_waits_behind_a_backlog_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueContract().test_the_overdue_starve_nobody(
            store.jobs, Aged(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_company_of_what_may_be_deadly_is_noticed(store: Store) -> None:
    parts = store.jobs, Careless(store.queue), store.unit_of_work, store.clock.now()
    with pytest.raises(AssertionError):
        await LossesContract().test_what_has_lost_its_worker_is_begun_alone(*parts)


async def test_an_outcome_of_somebody_else_is_noticed(store: Store) -> None:
    with pytest.raises(pytest.fail.Exception):
        await QueueContract().test_a_lapsed_lease_is_given_to_another(
            store.jobs, Trusting(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_outcomes_that_hang_together_are_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await OutcomesContract().test_each_is_settled_by_itself(
            store.jobs, Inseparable(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_batch_that_one_outcome_spoils_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await OutcomesContract().test_an_outcome_that_cannot_be_written_down_is_its_own(
            store.jobs, Fragile(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_an_outcome_that_was_not_recorded_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await OutcomesContract().test_no_outcome_is_written_twice(
            store.jobs, Obliging(store.queue), store.unit_of_work, store.clock.now()
        )


@pytest.mark.parametrize("planted", [Hurried, Alone])
async def test_a_rate_that_is_not_kept_to_is_noticed(store: Store, planted: type[Sound]) -> None:
    with pytest.raises(AssertionError):
        await RatesContract().test_a_rate_holds_over_all_workers(
            store.jobs, planted(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_kinds_that_do_not_share_their_pace_are_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await RatesContract().test_kinds_of_one_pace_share_it(
            store.jobs, Apart(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_kind_that_does_not_rest_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await RatesContract().test_of_a_kind_at_rate_nothing_none_is_begun(
            store.jobs, Restless(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_history_that_is_not_kept_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueViewContract().test_a_dead_letter_has_its_history(
            store.jobs, Forgetful(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_done_jobs_that_are_counted_are_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueViewContract().test_what_is_to_do_is_counted(
            store.jobs, Complete(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_tick_that_is_fired_twice_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await TicksContract().test_of_many_workers_one_fires_a_tick(Repeated(store.ticks), store.unit_of_work)


async def test_a_clock_ahead_that_slows_others_down_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await RatesContract().test_a_clock_that_is_ahead_slows_nobody_down(
            store.jobs, Unforgiving(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_mark_ahead_that_stands_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await TicksContract().test_a_mark_that_is_far_ahead_is_put_right(Trustful(store.ticks), store.unit_of_work)
