"""A connection to Redis that is reset at the worst moment is a lost one, on either event loop, and nobody stops."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from tests.redis_servers import RedisServer, redis_server

from shopcore.adapters.redis.client import connect
from shopcore.adapters.redis.errors import RedisUnreachable, as_lost
from shopcore.adapters.redis.link import Link
from shopcore.adapters.redis.signals import Signals

pytestmark = pytest.mark.anyio

_SOON = 60.0  # seconds, on the slowest machine


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both: a server runs on the second, and the first is what everything is documented for."""
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


async def _write_after_a_reset(client: Redis) -> None:
    pool: Any = client.connection_pool
    connection = await pool.get_connection()
    connection._writer.transport.abort()
    await asyncio.sleep(0)
    try:
        await connection.send_command("PING")
    finally:
        await pool.release(connection)


async def test_writing_to_a_connection_that_was_reset_is_an_outage(redis: RedisServer) -> None:
    """The next question takes a new one."""
    link = Link(connect(redis.url, _SOON), "probe", deadline=_SOON)
    with pytest.raises(RedisUnreachable) as lost:
        await link.ask(_write_after_a_reset)
    answer = await link.ask(Redis.ping)
    await link.close()

    assert "cannot be reached" in lost.value.detail
    assert answer


def test_a_mistake_of_our_own_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"), as_lost():
        raise RuntimeError("no running event loop")


class Ear(AbstractAsyncContextManager["Ear"]):
    """A subscription that ends as the test says, the first time; the second one hears."""

    def __init__(self, end: BaseException | None) -> None:
        self._end = end

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""

    async def subscribe(self, _channel: str) -> None:
        if self._end is not None:
            raise self._end

    async def get_message(self, timeout: float) -> dict[str, Any] | None:  # noqa: ASYNC109 - the client's signature
        await asyncio.sleep(0)
        return {"type": "subscribe"}

    async def ping(self) -> None:
        """Somebody is there."""


class Ears:
    """A client that opens one subscription after the other, and the way to it."""

    def __init__(self, *ends: BaseException) -> None:
        self.client: Any = self
        self._ends = [*ends]

    def pubsub(self) -> Ear:
        return Ear(self._ends.pop(0) if self._ends else None)


@pytest.mark.parametrize(
    "end",
    [
        RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"),
        RuntimeError("readuntil() called while another coroutine is already waiting for incoming data"),
        AttributeError("'NoneType' object has no attribute 'writelines'"),
        asyncio.CancelledError(),  # one that was meant for something inside the client
    ],
    ids=repr,
)
async def test_who_listens_comes_back_whatever_ended_it(end: BaseException) -> None:
    """Deaf for ever, a server would say for ever that it is degraded, and ask the store for each page."""
    signals = Signals(Ears(end), "channel")  # type: ignore[arg-type]
    async with asyncio.timeout(_SOON):
        while not signals.is_live:
            signals.listen()
            await asyncio.sleep(0.01)
    problem = signals.problem
    await signals.close()

    assert problem == ""
