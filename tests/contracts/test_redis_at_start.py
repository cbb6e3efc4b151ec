"""What is wrong with Redis when a shop opens: the log says it and what to do, and the shop opens all the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis
from structlog.testing import capture_logs
from tests.contracts.shared import secret
from tests.redis_servers import free_port, redis_server

from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.redis.opening import opened
from shopcore.testing.clock import NEW_YEAR

__all__ = ["secret"]

pytestmark = pytest.mark.anyio

Spoil = Callable[[Redis], object]


async def said_at_start(url: str, secret: bytes) -> list[str]:
    """The warnings of a shop that opens, and lets a caller pass, who is told how much is left."""
    with capture_logs() as said:
        async with opened(
            url, secret, limiter=LocalLimiter(), wakeups=LocalWakeups(), stream_length=10, deadline=60.0
        ) as shared:
            passed = await shared.limiter.hit("ada", 2, 60.0, NEW_YEAR)
    assert (passed.allowed, passed.remaining) == (True, 1)
    return [str(entry["reason"]) for entry in said if entry["log_level"] == "warning"]


@pytest.mark.parametrize(
    ("spoil", "word", "advice"),
    [
        (lambda client: client.replicaof("127.0.0.1", 1), "READONLY", "let REDIS_URL point to the primary"),
        (lambda client: client.config_set("maxmemory", 1), "OOM", "maxmemory-policy volatile-lru"),
    ],
    ids=["replica", "full"],
)
async def test_a_redis_that_takes_no_writes(
    tmp_path: Path, secret: bytes, spoil: Spoil, word: str, advice: str
) -> None:
    """Known from the first write, which nobody has to wait for a request to make."""
    with redis_server(tmp_path) as server:
        with server.client as client:
            spoil(client)
        said = await said_at_start(server.url, secret)

    assert len(said) == 1
    assert word in said[0]
    assert advice in said[0]


async def test_one_that_is_too_old(tmp_path: Path, secret: bytes) -> None:
    """It answers, but does not know what the pages need; the shop sells on without it."""
    with redis_server(tmp_path) as server:
        async with of_old(server.port) as port:
            said = await said_at_start(f"redis://127.0.0.1:{port}", secret)

    assert said == ["Redis is older than Redis 6.2 or Valkey 7.2, which this shop needs: update it"]


@asynccontextmanager
async def of_old(port: int) -> AsyncIterator[int]:
    """The server, but that it refuses the words of SET that Redis 6.0 does not have, as that does."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        answers = asyncio.ensure_future(pass_on(there, writer))
        while asked := await reader.read(65536):
            if b"\r\nSET\r\n" in asked and (b"\r\nGET\r\n" in asked or b"\r\nPXAT\r\n" in asked):
                writer.write(b"-ERR syntax error\r\n")
            else:
                back.write(asked)
        back.close()
        await answers

    async with await asyncio.start_server(carry, "127.0.0.1", 0) as relay:
        yield relay.sockets[0].getsockname()[1]


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while told := await reader.read(65536):
        writer.write(told)
    writer.close()


async def test_nobody_there(secret: bytes) -> None:
    said = await said_at_start(f"redis://127.0.0.1:{free_port()}", secret)

    assert said == ["Redis cannot be reached: see that it runs and that REDIS_URL (or REDIS_HOST) is right"]


async def test_a_redis_that_is_well_is_not_spoken_of(tmp_path: Path, secret: bytes) -> None:
    with redis_server(tmp_path) as server:
        assert await said_at_start(server.url, secret) == []
