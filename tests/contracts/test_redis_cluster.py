"""A Redis Cluster of three: everything that Redis serves is served by it, from whichever node has the key."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from tests.contracts.shared import PATIENT, sharing
from tests.redis_servers import ENGINES, RedisServer, redis_cluster, redis_server

from shopcore.adapters.redis.batches import Batches
from shopcore.adapters.redis.client import connect
from shopcore.adapters.redis.keys import Keys
from shopcore.adapters.redis.limiter import RedisLimiter
from shopcore.adapters.redis.link import Link
from shopcore.adapters.redis.opening import RedisShared
from shopcore.jobs.ports import Wakeups
from shopcore.operations.ports import Allowance, EventStream, RateLimiter, SharedPages
from shopcore.testing.clock import NEW_YEAR
from shopcore.testing.contracts.event_stream import EventStreamContract
from shopcore.testing.contracts.rate_limiter import RateLimiterContract
from shopcore.testing.contracts.shared_pages import SharedPagesContract
from shopcore.testing.contracts.wakeups import WakeupsContract

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", params=ENGINES)
def nodes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[RedisServer]]:
    with redis_cluster(tmp_path_factory.mktemp("cluster"), request.param) as servers:
        for server in servers:
            with server.client as client:
                client.execute_command(*documented_user())
        yield servers


def documented_user() -> Sequence[str]:
    """The command that the guide names: with its rights alone all of this has to do."""
    guide = (Path(__file__).parents[2] / "docs/how-to/more-than-one-server.md").read_text(encoding="utf-8")
    return next(line for line in guide.splitlines() if "ACL SETUSER" in line).split()


@pytest.fixture
def url(nodes: Sequence[RedisServer]) -> str:
    """One of the three is enough, and one that is down does no harm."""
    return f"redis+cluster://shop:password@127.0.0.1:1,127.0.0.1:{nodes[-1].port}"


@pytest.fixture
def secret() -> bytes:
    return os.urandom(32)


@pytest.fixture
async def shared(url: str, secret: bytes) -> AsyncIterator[RedisShared]:
    async with sharing(url, secret) as one:
        yield one


@pytest.fixture
async def elsewhere_shared(url: str, secret: bytes) -> AsyncIterator[RedisShared]:
    async with sharing(url, secret) as other:
        yield other


class TestClusterLimiter(RateLimiterContract):
    @pytest.fixture
    async def limiter(self, url: str, secret: bytes) -> AsyncIterator[RateLimiter]:
        link = Link(connect(url, PATIENT), Keys(secret).probe, deadline=PATIENT)
        yield RedisLimiter(Batches(link), Keys(secret), Nobody(), by_callers_time=True)
        await link.close()


class Nobody:
    """Where nothing may fall back to."""

    async def hit(self, key: str, limit: int, window_seconds: float, now: datetime) -> Allowance:
        raise AssertionError("the cluster was there")

    async def forget(self, key: str, window_seconds: float) -> None:
        """What is counted nowhere else is forgotten there too, at no cost."""


class TestClusterPages(SharedPagesContract):
    @pytest.fixture
    async def pages(self, shared: RedisShared) -> SharedPages:
        return shared.pages

    @pytest.fixture
    async def elsewhere(self, elsewhere_shared: RedisShared) -> SharedPages:
        return elsewhere_shared.pages


class TestClusterWakeups(WakeupsContract):
    @pytest.fixture
    async def wakeups(self, shared: RedisShared) -> Wakeups:
        return shared.wakeups

    @pytest.fixture
    async def elsewhere(self, elsewhere_shared: RedisShared) -> Wakeups:
        return elsewhere_shared.wakeups


class TestClusterEvents(EventStreamContract):
    @pytest.fixture
    async def stream(self, shared: RedisShared) -> EventStream:
        assert shared.events is not None
        return shared.events


async def test_two_processes_let_exactly_the_limit_of_each_caller_pass(
    nodes: Sequence[RedisServer], shared: RedisShared, elsewhere_shared: RedisShared
) -> None:
    """Sixty callers, whose counts lie on all three nodes."""

    async def hits(limiter: RateLimiter, caller: int) -> int:
        told = await asyncio.gather(*(limiter.hit(f"caller {caller}", 5, 60.0, NEW_YEAR) for _ in range(4)))
        return sum(hit.allowed for hit in told)

    both = (shared.limiter, elsewhere_shared.limiter)
    passed = await asyncio.gather(*(hits(limiter, caller) for limiter in both for caller in range(60)))

    assert [one + other for one, other in zip(passed[:60], passed[60:], strict=True)] == [5] * 60
    assert (await shared.check()).problem == ""
    assert shared.limiter.fallen_back == elsewhere_shared.limiter.fallen_back == 0
    for node in nodes:
        with node.client as client:
            assert client.dbsize() > 0


async def test_a_node_of_several_says_how_it_is_reached(nodes: Sequence[RedisServer], secret: bytes) -> None:
    """Where `REDIS_URL` names it as if it were alone. A third of all keys it has."""
    said = set()
    for node in nodes:
        async with sharing(node.url, secret) as shared:
            said.add((await shared.check()).problem)

    assert "Redis is one node of a cluster of several (MOVED): begin REDIS_URL with redis+cluster://" in said


async def test_a_server_that_is_no_cluster_says_so(tmp_path_factory: pytest.TempPathFactory, secret: bytes) -> None:
    """And so does a cluster of which a node is gone; the shop goes on by itself meanwhile."""
    with redis_server(tmp_path_factory.mktemp("single")) as server:
        async with sharing(f"redis+cluster://127.0.0.1:{server.port}", secret) as shared:
            assert (await shared.check()).problem == "Redis is no cluster: begin REDIS_URL with redis://"
            assert (await shared.limiter.hit("ann", 5, 60.0, NEW_YEAR)).allowed


async def test_a_cluster_that_loses_a_node_and_finds_it_again(
    tmp_path_factory: pytest.TempPathFactory, secret: bytes
) -> None:
    """What lay there is counted by each process meanwhile, and then together again; nobody is told of an error."""
    with redis_cluster(tmp_path_factory.mktemp("lost")) as servers:
        async with sharing(f"redis+cluster://127.0.0.1:{servers[0].port}", secret) as shared:
            await shared.limiter.hit("ann", 5, 60.0, NEW_YEAR)
            servers[1].kill()
            servers[2].kill()
            for caller in range(20):
                assert (await shared.limiter.hit(f"caller {caller}", 5, 60.0, NEW_YEAR)).allowed
            fallen_back = shared.limiter.fallen_back
            for server in servers[1:]:
                server.start()
            async with asyncio.timeout(20):
                while await fallbacks(shared) or (await shared.check()).problem:  # noqa: ASYNC110 - processes are waited for
                    await asyncio.sleep(0.05)

    assert fallen_back > 0


async def fallbacks(shared: RedisShared) -> int:
    """How many of twenty callers are counted by this process alone."""
    before = shared.limiter.fallen_back
    await asyncio.gather(*(shared.limiter.hit(f"caller {caller}", 5, 60.0, NEW_YEAR) for caller in range(20)))
    return shared.limiter.fallen_back - before
