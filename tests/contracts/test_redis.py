"""What Redis serves, under the contracts of its ports, on every Redis server there is."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.shared import elsewhere_shared, link, secret, server, shared, sharing
from tests.redis_servers import RedisServer

from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.redis.batches import Batches
from shopcore.adapters.redis.keys import Keys
from shopcore.adapters.redis.limiter import RedisLimiter
from shopcore.adapters.redis.link import Link
from shopcore.adapters.redis.opening import RedisShared
from shopcore.adapters.redis.pages import MAX_BYTES
from shopcore.jobs.ports import Wakeups
from shopcore.operations.ports import Allowance, EventStream, RateLimiter, SharedPages
from shopcore.testing.clock import NEW_YEAR
from shopcore.testing.contracts.event_stream import EventStreamContract, an_event
from shopcore.testing.contracts.rate_limiter import RateLimiterContract, check_every_window
from shopcore.testing.contracts.shared_pages import SharedPagesContract
from shopcore.testing.contracts.wakeups import WakeupsContract

__all__ = ["elsewhere_shared", "link", "secret", "server", "shared"]

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counting(link: Link, secret: bytes) -> RedisLimiter:
    """A limiter that goes by the time that it is told, as a simulation needs it."""
    return RedisLimiter(Batches(link), Keys(secret), Nobody(), by_callers_time=True)


class Nobody:
    """Where nothing may fall back to."""

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        raise AssertionError("Redis was there")

    async def forget(self, key: str, window_seconds: float) -> None:
        """What is counted nowhere else is forgotten there too, at no cost."""


class TestRedisLimiter(RateLimiterContract):
    @pytest.fixture
    async def limiter(self, counting: RedisLimiter) -> RateLimiter:
        return counting


async def test_each_question_of_a_crowd_has_its_own_answer(shared: RedisShared) -> None:
    """Hits of several callers, limits and windows, of which one is refused, and pages, all in one trip."""
    limits, pages = shared.limiter, shared.pages
    await limits.hit("full", 1, 60.0, NEW_YEAR)
    await pages.keep(b"kept", 1, b"content", (await pages.find(b"kept", 1)).looked_at)
    crowd = (limits.hit(f"caller {number}", number, 60.0 + number % 2, NEW_YEAR) for number in range(1, 40))
    full, kept, lost, counted = await asyncio.gather(
        limits.hit("full", 1, 60.0, NEW_YEAR), pages.find(b"kept", 1), pages.find(b"lost", 1), asyncio.gather(*crowd)
    )

    assert not full.allowed
    assert (kept.content, lost.content) == (b"content", None)
    assert [each.remaining for each in counted] == list(range(39))
    assert limits.fallen_back == 0


class TestRedisWakeups(WakeupsContract):
    @pytest.fixture
    async def wakeups(self, shared: RedisShared) -> Wakeups:
        return shared.wakeups

    @pytest.fixture
    async def elsewhere(self, elsewhere_shared: RedisShared) -> Wakeups:
        return elsewhere_shared.wakeups


class TestLocalWakeups(WakeupsContract):
    @pytest.fixture
    async def wakeups(self) -> Wakeups:
        return LocalWakeups()

    @pytest.fixture
    async def elsewhere(self, wakeups: Wakeups) -> Wakeups:
        return wakeups


class TestRedisPages(SharedPagesContract):
    @pytest.fixture
    async def pages(self, shared: RedisShared) -> SharedPages:
        return shared.pages

    @pytest.fixture
    async def elsewhere(self, elsewhere_shared: RedisShared) -> SharedPages:
        return elsewhere_shared.pages


class TestRedisEventStream(EventStreamContract):
    @pytest.fixture
    async def stream(self, shared: RedisShared) -> EventStream:
        assert shared.events is not None
        return shared.events


@given(limit=st.integers(1, 10), gaps=st.lists(st.floats(0, 20) | st.just(0.0), max_size=40))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_window_sees_more_than_the_limit(counting: RedisLimiter, limit: int, gaps: list[float]) -> None:
    """Not even where it falls between two slices: stricter than the contract asks."""
    await check_every_window(Renamed(counting), limit, gaps, times=1)


class Renamed:
    """A limiter whose keys nobody has used: the contract numbers its own from the start in each module."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        return await self._limiter.hit(f"strict/{key}", limit, window_seconds, now)

    async def forget(self, key: str, window_seconds: float) -> None:
        await self._limiter.forget(f"strict/{key}", window_seconds)


async def test_a_hit_is_forgotten_a_slice_after_its_window(counting: RedisLimiter) -> None:
    """The window is no longer than that, or customers would wait for nothing."""
    await counting.hit("ada", 1, 32.0, NEW_YEAR)

    assert not (await counting.hit("ada", 1, 32.0, NEW_YEAR + timedelta(seconds=31.9))).allowed
    assert (await counting.hit("ada", 1, 32.0, NEW_YEAR + timedelta(seconds=33.1))).allowed


async def test_a_clock_that_was_an_hour_ahead_locks_nobody_out(counting: RedisLimiter) -> None:
    """A replica that becomes primary may have another time."""
    for _ in range(3):
        await counting.hit("ada", 1, 60.0, NEW_YEAR + timedelta(hours=1))

    assert (await counting.hit("ada", 1, 60.0, NEW_YEAR)).allowed


_HITS = """
import asyncio, sys
from datetime import UTC, datetime
from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.redis.opening import opened

async def main():
    url, secret = sys.argv[1], bytes.fromhex(sys.argv[2])
    own = {"limiter": LocalLimiter(), "wakeups": LocalWakeups()}
    async with opened(url, secret, **own, stream_length=0, deadline=20.0) as shared:
        print("ready", flush=True)
        sys.stdin.readline()
        now = datetime.now(UTC)
        hits = [await asyncio.gather(*(shared.limiter.hit("one client", 100, 60.0, now) for _ in range(20)))
                for _ in range(5)]
        assert shared.limiter.fallen_back == 0
        print(sum(hit.allowed for many in hits for hit in many))

asyncio.run(main())
"""


def test_four_processes_let_exactly_the_limit_pass(server: RedisServer, secret: bytes) -> None:
    """One client, a hundred hits a window, four servers that get a hundred hits each at the same time."""
    command = [sys.executable, "-c", _HITS, server.url, secret.hex()]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        passed = [int(process.communicate("go\n", timeout=30)[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()

    assert sum(passed) == 100


class Hasty(LocalLimiter):
    """The mistake of a limiter that looks, and counts later."""

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        answer = await LocalLimiter().hit(key, limit, window_seconds, now)
        await asyncio.sleep(0)
        return answer


async def test_a_limiter_that_looks_and_counts_later_is_noticed() -> None:
    with pytest.raises(AssertionError):
        await RateLimiterContract().test_of_many_at_once_the_limit_passes_and_no_more(Hasty())


class Deaf(LocalWakeups):
    """The mistake of waking whoever waits, and forgetting who does not wait yet."""

    def wake(self) -> None:
        if self._waiting:
            super().wake()


async def test_wakeups_that_forget_are_noticed() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await WakeupsContract().test_a_wake_that_found_nobody_waiting_is_kept(Deaf())


class Timeless:
    """The mistake of counting a page's second from when it was done."""

    def __init__(self, pages: SharedPages) -> None:
        self._pages = pages
        self.find = pages.find

    async def keep(self, key: bytes, revision: int, content: bytes, looked_at: int | None) -> None:
        now = (await self._pages.find(b"now", 0)).looked_at
        await self._pages.keep(key, revision, content, now)


async def test_pages_that_are_too_old_are_noticed(shared: RedisShared) -> None:
    contract = SharedPagesContract()
    for check in (contract.test_a_page_that_took_too_long_is_not_kept, contract.test_without_a_look_nothing_is_kept):
        with pytest.raises(AssertionError):
            await check(Timeless(shared.pages))


class Overwriting:
    """The mistake of keeping the last events only."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream

    async def append(self, events: Any) -> None:
        await self._stream.append(events[-1:])

    async def read(self, after: str | None, limit: int) -> Any:
        return await self._stream.read(after, limit)


async def test_a_stream_that_loses_events_is_noticed(shared: RedisShared) -> None:
    assert shared.events is not None
    with pytest.raises(AssertionError):
        await EventStreamContract().test_events_are_read_as_they_were_appended(Overwriting(shared.events))


async def test_the_stream_is_bounded(server: RedisServer, secret: bytes) -> None:
    """The oldest go; Redis cuts whole blocks, so that a few more stay than were asked for."""
    async with sharing(server.url, secret, stream_length=100) as shared:
        assert shared.events is not None
        for start in range(0, 1_000, 100):
            await shared.events.append([an_event(start + number) for number in range(100)])
        kept = await shared.events.read(None, 1_000)

    assert 100 <= len(kept) <= 300
    assert kept[-1].id == "999"


async def test_a_page_that_is_too_long_is_not_carried(shared: RedisShared) -> None:
    looked = await shared.pages.find(b"long", 1)
    await shared.pages.keep(b"long", 1, b"x" * (MAX_BYTES + 1), looked.looked_at)

    assert (await shared.pages.find(b"long", 1)).content is None


async def test_two_shops_on_one_redis_share_nothing(server: RedisServer, shared: RedisShared) -> None:
    """A shop for trying out must not show its prices in the real one."""
    async with sharing(server.url, b"another shop".ljust(32)) as other:
        looked = await shared.pages.find(b"/products/tee?", 1)
        await shared.pages.keep(b"/products/tee?", 1, b"ours", looked.looked_at)
        await shared.limiter.hit("ada", 1, 60.0, NEW_YEAR)

        assert (await other.pages.find(b"/products/tee?", 1)).content is None
        assert (await other.limiter.hit("ada", 1, 60.0, NEW_YEAR)).allowed


async def everything(shared: RedisShared) -> AsyncIterator[str]:
    """Use all that Redis serves."""
    yield repr(await shared.limiter.hit("203.0.113.7", 5, 60.0, NEW_YEAR))
    looked = await shared.pages.find(b"/products/tee?", 1)
    await shared.pages.keep(b"/products/tee?", 1, b"page", looked.looked_at)
    assert shared.events is not None
    await shared.events.append([an_event(1)])
    yield repr(await shared.check())


async def test_every_key_is_named_tagged_and_bounded(server: RedisServer, shared: RedisShared, secret: bytes) -> None:
    """By a lifetime, or in the case of the stream by its length; and no name holds an address."""
    with server.client as client:
        client.flushall()
        _ = [step async for step in everything(shared)]
        names = [name.decode() for name in client.scan_iter()]
        lifetimes = {name: client.pttl(name) for name in names}

    assert len(names) == 4
    for name in names:
        assert name.startswith("shop:v1:")
        assert name.count("{") == name.count("}") == 1
        assert "203.0.113.7" not in name
        assert lifetimes[name] > 0 or name == Keys(secret).events


async def test_all_of_it_works_on_a_node_of_a_cluster(
    server: RedisServer, secret: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Which refuses what touches keys of several slots."""
    from tests.redis_servers import free_port, redis_server

    engine = {"redis": "redis", "valkey": "valkey"}[server.engine]
    with redis_server(
        tmp_path_factory.mktemp("cluster"), engine, ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    ) as node:
        with node.client as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            until = asyncio.get_running_loop().time() + 10
            while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO"):
                assert asyncio.get_running_loop().time() < until
                await asyncio.sleep(0.01)
        async with sharing(node.url, secret) as shared:
            said = [step async for step in everything(shared)]

            assert shared.state().problem == ""
            assert shared.limiter.fallen_back == 0
            assert "problem=''" in said[-1]
