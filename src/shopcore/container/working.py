"""The worker: rounds of work until it is told to stop, whatever goes wrong in one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

import structlog

from shopcore.container.cases import UseCases
from shopcore.container.gateways import BogusBank
from shopcore.container.jobs import SWEEP_EVERY
from shopcore.container.ports import World
from shopcore.kernel.actor import Guest, System
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.tracebacks import traceback_of

_FEW, _MANY = 16, 64  # jobs of a round; many where rounds are full and quick: then what each costs is shared by more
_ONE_ALONE = 4  # one round in so many is of one job
_LONG_ROUND = 1.0  # seconds
_ROUNDS_AT_ONCE = 16  # at most 304 jobs; one slow endpoint's ten turns, each in a round of its own, leave some free
_LOOK_EVERY = 0.5  # seconds between looks at the queue when nobody wakes the worker, as for another process's jobs
_CALM_DOWN = 1.0  # seconds until the worker tries again what went wrong
_STUCK_AFTER = timedelta(minutes=2)  # without a round that ended well; none takes longer than a lease

_WORKER = System(kind="worker")

_log = structlog.get_logger("shopcore")


class Worker:
    """Does the jobs of one shop, in this process."""

    def __init__(self, cases: UseCases, world: World, bank: BogusBank, *, stop_seconds: float) -> None:
        self._cases = cases
        self._world = world
        self._bank = bank
        self._stop_seconds = stop_seconds
        self._swept_at = world.clock.now() - SWEEP_EVERY
        self._well_at: datetime | None = None
        self._rounds = count(1)
        self._at_once = self._limit = _FEW
        self._runs = False
        self._failing = set[str]()

    @property
    def state(self) -> str | None:
        """`up`, or what keeps it from its work, for whoever looks after the shop; None before it has begun."""
        if self._well_at is None:
            return None
        if not self._runs:
            return "dead: it has ended, and does no jobs"
        if self._world.clock.now() - self._well_at > _STUCK_AFTER:
            return "stuck: it has come to no jobs for minutes; the log says why"
        return f"fails: {', '.join(sorted(self._failing))}; the log says why" if self._failing else "up"

    async def run(self) -> None:
        """Work until cancelled; then finish what is under way, and hand back what is not done by the end.

        What goes wrong is logged, and after a moment the work goes on: nothing but its end ends a worker.
        """
        self._runs, self._well_at = True, self._world.clock.now()
        deliveries = asyncio.create_task(self._deliver())
        rounds: set[asyncio.Future[int]] = set()
        try:
            while True:
                await self._safely("rounds", self._begin_round(rounds))
        finally:
            self._runs = False
            await self._stop(rounds)
            deliveries.cancel()
            with suppress(asyncio.CancelledError):
                await deliveries

    async def _begin_round(self, rounds: "set[asyncio.Future[int]]") -> int:
        """One more round, and a look at those under way.

        One that takes long, as where a system that is sent a webhook does not answer, is not waited for: the next one
        begins beside it.
        """
        latest = asyncio.ensure_future(self._round())
        rounds.add(latest)
        await asyncio.wait({latest}, timeout=_LONG_ROUND)
        if len(rounds) >= _ROUNDS_AT_ONCE:
            await asyncio.wait(rounds, return_when=asyncio.FIRST_COMPLETED)
        ended = {each for each in rounds if each.done()}
        rounds -= ended
        worked = sum(each.result() for each in ended if not each.cancelled())
        if rounds:
            self._at_once = _FEW
        elif self._limit > 1:
            self._at_once = _MANY if worked >= self._limit else _FEW
        if latest in ended and not worked:
            await self._world.wakeups.wait(_LOOK_EVERY)
        return worked

    async def _stop(self, rounds: "set[asyncio.Future[int]]") -> None:
        under_way = {each for each in rounds if not each.done()}
        if not under_way:
            return
        await asyncio.wait(under_way, timeout=self._stop_seconds)
        for each in under_way:
            each.cancel()  # a no-op on what is done
        await asyncio.wait(under_way)

    async def work_off(self) -> int:
        """Do everything that is due now, and what follows from it; answers how many jobs that were."""
        done = 0
        while some := await self._deliver_due() + await self._work_off_once():
            done += some
        return done

    async def _work_off_once(self) -> int:
        if self._has_to_sweep():
            await self._sweep()
            await self._enqueue_scheduled()
        return await self._work_jobs()

    async def _round(self) -> int:
        """What is due, each part of it by itself: one that fails keeps nobody from the others."""
        if self._has_to_sweep():
            await self._part("sweep", self._sweep())
            await self._part("schedules", self._enqueue_scheduled())
        worked = await self._part("jobs", self._work_jobs())
        if worked is not None:
            self._well_at = self._world.clock.now()
        return worked or 0

    async def _part(self, name: str, work: Awaitable[int]) -> int | None:
        done = await self._safely(name, work)
        if done is None:
            self._failing.add(name)
        else:
            self._failing.discard(name)
        return done

    async def _safely(self, part: str, work: Awaitable[int]) -> int | None:
        """Do that. What goes wrong is told, and given a moment; None then."""
        try:
            return await work
        except Unavailable as error:
            _log.warning("worker_waits", part=part, reason=error.detail)
        except Exception as error:  # noqa: BLE001 - whatever it is, the jobs have to go on
            _log.error("worker_stumbles", part=part, exception=traceback_of(error))
        await self._world.clock.sleep(_CALM_DOWN)
        return None

    def _has_to_sweep(self) -> bool:
        """At most every so often; a clock that was set back does not put it off."""
        now = self._world.clock.now()
        if abs(now - self._swept_at) < SWEEP_EVERY:
            return False
        self._swept_at = now
        return True

    async def _sweep(self) -> int:
        return await self._cases.upkeep.sweep_overdue(_WORKER)

    async def _enqueue_scheduled(self) -> int:
        await self._cases.enqueue_scheduled(_WORKER)
        return 0

    async def _work_jobs(self) -> int:
        """Many at once; now and then one, which is the one that has waited longest, also if it is to be begun alone."""
        self._limit = 1 if next(self._rounds) % _ONE_ALONE == 0 else self._at_once
        return await self._cases.work_jobs(_WORKER, limit=self._limit)

    @property
    def _tries_out(self) -> bool:
        return any(bank.gateway.name in self._world.gateways for bank in self._bank.all)

    async def _deliver(self) -> None:
        """Carry the pretend bank's webhooks, if there is one."""
        if self._tries_out:
            await asyncio.gather(*(self._deliver_of(bank) for bank in self._bank.all))

    async def _deliver_of(self, bank: BogusBank) -> None:
        while True:
            await self._safely("deliveries", self._delivering(bank))

    async def _delivering(self, bank: BogusBank) -> int:
        await bank.deliverer.run_deliveries(self._taking(bank))
        return 0

    async def _deliver_due(self) -> int:
        if not self._tries_out:
            return 0
        return sum([await bank.deliverer.deliver_due(self._taking(bank)) for bank in self._bank.all])

    def _taking(self, bank: BogusBank) -> Callable[[bytes, Mapping[str, str]], Awaitable[None]]:
        async def take(body: bytes, headers: Mapping[str, str]) -> None:
            gateway = bank.gateway.name
            await self._cases.payments.receive_webhook(Guest(), gateway=gateway, body=body, headers=headers)

        return take
