"""What a shop shares through Redis, opened on a real server under a name of its own."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from tests.redis_servers import ENGINES, RedisServer, redis_server

from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.redis.client import connect
from shopcore.adapters.redis.keys import Keys
from shopcore.adapters.redis.link import STEP, Link
from shopcore.adapters.redis.opening import RedisShared, opened

PATIENT = 20.0  # seconds: here a slow machine must not be taken for a Redis that is gone


@pytest.fixture(scope="session", params=sorted(ENGINES))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server of each engine for all tests of a run."""
    with redis_server(tmp_path_factory.mktemp("redis"), request.param) as started:
        yield started


@pytest.fixture
def secret() -> bytes:
    """That of a shop nobody else has."""
    return os.urandom(32)


@asynccontextmanager
async def sharing(url: str, secret: bytes, stream_length: int = 10_000) -> AsyncIterator[RedisShared]:
    """What one process of a shop has of it."""
    async with opened(
        url,
        secret,
        limiter=LocalLimiter(),
        wakeups=LocalWakeups(),
        stream_length=stream_length,
        deadline=PATIENT,
    ) as shared:
        yield shared


@pytest.fixture
async def shared(server: RedisServer, secret: bytes) -> AsyncIterator[RedisShared]:
    async with sharing(server.url, secret) as one:
        yield one


@pytest.fixture
async def elsewhere_shared(server: RedisServer, secret: bytes) -> AsyncIterator[RedisShared]:
    """The same as another process of the shop has it."""
    async with sharing(server.url, secret) as other:
        yield other


@pytest.fixture
async def link(server: RedisServer, secret: bytes) -> AsyncIterator[Link]:
    one = Link(connect(server.url, PATIENT * STEP), Keys(secret).probe, deadline=PATIENT)
    yield one
    await one.close()
