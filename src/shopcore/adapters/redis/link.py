"""The way to Redis: one pool, one deadline for everything, and a breaker."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TypeVar

import structlog
from redis.asyncio import Redis

from shopcore.adapters.redis.client import CONNECTIONS, is_cluster
from shopcore.adapters.redis.errors import FAILURES, RedisUnreachable, advice_on, as_lost, refuses_writes
from shopcore.adapters.redis.keys import PROBE_LIFETIME
from shopcore.adapters.redis.lateness import Lateness
from shopcore.kernel.breaker import Breaker
from shopcore.kernel.deadline import seconds_left

DEADLINE = 0.4  # seconds for one question, waiting for a connection and making it included; Redis takes a thousandth
_LEAST_SHARE = 0.25  # of the deadline: with less left nothing is asked
_NO_TIME = "the request that wants to know is out of time"
ALONE = "each process limits, caches and looks by itself"
STEP = 0.6  # of the deadline: what one step of it may take

T = TypeVar("T")

_log = structlog.get_logger("shop.redis")


class Link:
    """Asks Redis, or says at once that there is no use in asking."""

    def __init__(
        self, client: Redis, probe: str, *, deadline: float = DEADLINE, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.client = client
        self.deadline = deadline
        self._probe = probe
        self._breaker = Breaker(now)
        self._late = Lateness(now)
        self._reason = ""
        # A cluster's client refuses where its connections are all in use; that of one server waits. One is for hearing.
        self._gate = asyncio.Semaphore(CONNECTIONS - 2) if is_cluster(client) else nullcontext()

    @property
    def is_up(self) -> bool:
        """Whether Redis did what it was asked to, the last few times."""
        return not self._breaker.is_open

    @property
    def problem(self) -> str:
        """What is the matter with Redis; empty while it is up, and in time for those who come at once too."""
        return self._reason if self._breaker.is_open else self._late.problem

    def count_late(self) -> None:
        """Who waited for others' questions had no answer in the whole of the deadline. No failure: one who asks alone
        may have one, and that would be forgotten with the next success.
        """
        if self._late.count():
            _log.warning("redis_slow", reason=self._late.problem, meanwhile=ALONE)

    async def ask(self, question: Callable[[Redis], Awaitable[T]]) -> T:
        """Put a question. Raises `RedisUnreachable` at the deadline at the latest, and at once while Redis is gone.

        Where the caller has less time than that, it is the caller's that ends, and tells nothing about Redis.
        """
        if self._breaker.is_open:
            await self._look()
        allowed = seconds_left(self.deadline, time.monotonic())
        try:
            with as_lost():
                async with asyncio.timeout(allowed), self._gate:
                    answer = await question(self.client)
        except FAILURES as error:
            if allowed < self.deadline and isinstance(error, TimeoutError):
                raise RedisUnreachable(advice_on(error)) from error
            raise self._failed(error) from error
        self._breaker.worked()
        return answer

    async def check(self) -> None:
        """See whether Redis takes writes. Raises `RedisUnreachable`."""
        if self._breaker.is_open:
            await self._look()
        else:
            await self._write()

    async def close(self) -> None:
        """Let every connection go."""
        await self.client.aclose()
        if not is_cluster(self.client):
            await self.client.connection_pool.disconnect()

    async def _look(self) -> None:
        """The one who may looks by writing: a replica, or a Redis that is full, would answer every reader."""
        if not self._breaker.may_look():
            raise RedisUnreachable(self._reason)
        await self._write()
        if self._breaker.worked():
            _log.info("redis_back")

    async def _write(self) -> None:
        try:
            with as_lost():
                async with asyncio.timeout(self.deadline):
                    # `GET` is as new as what the pages need: one that is too old is told at the start.
                    await self.client.set(self._probe, b"1", px=PROBE_LIFETIME, get=True)
        except FAILURES as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> RedisUnreachable:
        before, self._reason = self._reason, advice_on(error)
        opened = self._breaker.failed(for_sure=refuses_writes(error))
        if opened or (self._breaker.is_open and self._reason != before):
            _log.warning("redis_lost", reason=self._reason, meanwhile=ALONE)
        return RedisUnreachable(self._reason)
