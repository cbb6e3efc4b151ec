"""Everything that a shop shares through Redis, opened as one."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import structlog

from shopcore.adapters.redis.batches import Batches
from shopcore.adapters.redis.client import connect
from shopcore.adapters.redis.events import RedisEventStream
from shopcore.adapters.redis.keys import Keys
from shopcore.adapters.redis.limiter import RedisLimiter
from shopcore.adapters.redis.link import ALONE, DEADLINE, STEP, Link
from shopcore.adapters.redis.pages import RedisPages
from shopcore.adapters.redis.revision import AnnouncedUnits, CatalogChanges, HeldRevision
from shopcore.adapters.redis.signals import Signals
from shopcore.adapters.redis.wakeups import RedisWakeups
from shopcore.catalog.ports import CatalogRevision
from shopcore.jobs.ports import Wakeups
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.events import Event
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.operations.model import SharedState
from shopcore.operations.ports import RateLimiter

_log = structlog.get_logger("shop.redis")


class RedisShared:
    """The ports that Redis serves. `limiter` and `wakeups` of this process are what is fallen back to."""

    def __init__(self, link: Link, keys: Keys, limiter: RateLimiter, wakeups: Wakeups, stream_length: int) -> None:
        self._link = link
        self._signals = Signals(link, keys.signals)
        self._changes = CatalogChanges(self._signals)
        self._revisions: list[HeldRevision] = []
        self._batches = Batches(link)
        self.limiter = RedisLimiter(self._batches, keys, limiter)
        self.wakeups = RedisWakeups(self._signals, wakeups)
        self.pages = RedisPages(link, self._batches, keys)
        self.events = RedisEventStream(link, keys, stream_length) if stream_length else None

    def units(self, store: UnitOfWork) -> UnitOfWork:
        """The store's unit of work, whose changes of the catalogue are told to all."""
        return AnnouncedUnits(store, self._changes)

    def revision(self, store: CatalogRevision) -> CatalogRevision:
        """The store's revision, held for as long as it is known to be right."""
        held = HeldRevision(store, self._changes)
        self._revisions.append(held)
        return held

    def note(self, events: Sequence[Event]) -> None:
        """What happens in the unit in progress."""
        self._changes.note(events)

    async def look(self) -> None:
        """At the start: what is wrong with Redis, and what to do, belongs where the operator looks first."""
        problem = (await self.check()).problem
        if problem and self._link.is_up:  # else the link has said it
            _log.warning("redis_missing", reason=problem, meanwhile=ALONE)

    async def check(self) -> SharedState:
        """Look whether Redis does what it is asked to."""
        problem = ""
        try:
            await self._link.check()
        except Unavailable as error:
            problem = error.detail
        return self._state(problem or self._link.problem or self._signals.problem)

    def state(self) -> SharedState:
        """How it was, the last time that it was asked for something."""
        return self._state(self._link.problem or self._signals.problem)

    async def close(self) -> None:
        """Send what waits, and let go."""
        for held in self._revisions:
            await held.settle()
        await self._signals.close()
        await self._batches.close()
        await self._link.close()

    def _state(self, problem: str) -> SharedState:
        return SharedState(
            problem=problem,
            is_up=self._link.is_up,
            signals_heard=self._signals.is_live,
            signals_lost=self._signals.was_lost,
            limits_fallen_back=self.limiter.fallen_back,
            revisions_held=sum(each.held for each in self._revisions),
            revisions_asked=sum(each.asked for each in self._revisions),
        )


@asynccontextmanager
async def opened(
    url: str,
    secret: bytes,
    *,
    limiter: RateLimiter,
    wakeups: Wakeups,
    stream_length: int,
    deadline: float = DEADLINE,
) -> AsyncGenerator[RedisShared]:
    """What a shop shares, for as long as it is open. A Redis that is down stops nobody, but the log says so at once.

    No question waits for longer than `deadline` seconds.
    """
    keys = Keys(secret)
    link = Link(connect(url, deadline * STEP), keys.probe, deadline=deadline)
    shared = RedisShared(link, keys, limiter, wakeups, stream_length)
    try:
        await shared.look()
        yield shared
    finally:
        await shared.close()
