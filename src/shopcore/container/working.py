"""The worker: rounds of work, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog

from shopcore.container.cases import UseCases
from shopcore.container.gateways import BogusBank
from shopcore.container.jobs import SWEEP_EVERY
from shopcore.container.ports import World
from shopcore.kernel.actor import Guest, System
from shopcore.kernel.errors import Unavailable

_JOBS_AT_ONCE = 16
_LONG_ROUND = 1.0  # seconds
_ROUNDS_AT_ONCE = 8  # so at most 128 jobs at once, and the next may begin within seconds whoever does not answer
_LOOK_EVERY = 0.5  # seconds between looks at the queue when nobody wakes the worker, as for another process's jobs
_CALM_DOWN = 1.0  # seconds until the worker tries again after the store refused it

_log = structlog.get_logger("shopcore")


class Worker:
    """Does the jobs of one shop, in this process."""

    def __init__(self, cases: UseCases, world: World, bank: BogusBank, *, stop_seconds: float) -> None:
        self._cases = cases
        self._world = world
        self._bank = bank
        self._stop_seconds = stop_seconds
        self._swept_at = world.clock.now() - SWEEP_EVERY

    async def run(self) -> None:
        """Work until cancelled; then finish what is under way, and hand back what is not done by the end.

        A round that takes long, as where a system that is sent a webhook does not answer, is not waited for: the next
        one begins beside it.
        """
        deliveries = asyncio.create_task(self._deliver())
        rounds: set[asyncio.Future[int]] = set()
        try:
            while True:
                latest = asyncio.ensure_future(self._work_safely())
                rounds.add(latest)
                await asyncio.wait({latest}, timeout=_LONG_ROUND)
                if len(rounds) >= _ROUNDS_AT_ONCE:
                    await asyncio.wait(rounds, return_when=asyncio.FIRST_COMPLETED)
                ended = {each for each in rounds if each.done()}
                rounds -= ended
                worked = sum(each.result() for each in ended)
                if latest in ended and not worked:
                    await self._world.wakeups.wait(_LOOK_EVERY)
        finally:
            await self._stop(rounds)
            deliveries.cancel()
            with suppress(asyncio.CancelledError):
                await deliveries

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
        while count := await self._deliver_due() + await self._work():
            done += count
        return done

    async def _work_safely(self) -> int:
        """One round of work; a store that refuses is given a moment."""
        try:
            return await self._work()
        except Unavailable as error:
            _log.warning("worker_waits", reason=error.detail)
            await self._world.clock.sleep(_CALM_DOWN)
            return 0

    async def _work(self) -> int:
        worker, now = System(kind="worker"), self._world.clock.now()
        if now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            await self._cases.upkeep.sweep_overdue(worker)
            await self._cases.enqueue_scheduled(worker)
        return await self._cases.work_jobs(worker, limit=_JOBS_AT_ONCE)

    @property
    def _tries_out(self) -> bool:
        return any(bank.gateway.name in self._world.gateways for bank in self._bank.all)

    async def _deliver(self) -> None:
        """Carry the pretend bank's webhooks, if there is one."""
        if self._tries_out:
            banks = self._bank.all
            await asyncio.gather(*(bank.deliverer.run_deliveries(self._taking(bank)) for bank in banks))

    async def _deliver_due(self) -> int:
        if not self._tries_out:
            return 0
        return sum([await bank.deliverer.deliver_due(self._taking(bank)) for bank in self._bank.all])

    def _taking(self, bank: BogusBank) -> Callable[[bytes, Mapping[str, str]], Awaitable[None]]:
        async def take(body: bytes, headers: Mapping[str, str]) -> None:
            gateway = bank.gateway.name
            await self._cases.payments.receive_webhook(Guest(), gateway=gateway, body=body, headers=headers)

        return take
