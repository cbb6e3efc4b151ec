"""A Redis that is gone, hangs, refuses or is full: everything has an answer within the deadline, and says why."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.shared import secret
from tests.redis_servers import ENGINES, RedisServer, redis_server

from shopcore.adapters.local.limiter import LocalLimiter
from shopcore.adapters.local.wakeups import LocalWakeups
from shopcore.adapters.redis.lateness import ENOUGH
from shopcore.adapters.redis.link import DEADLINE
from shopcore.adapters.redis.opening import RedisShared, opened
from shopcore.kernel.deadline import until as until_moment
from shopcore.kernel.errors import Unavailable
from shopcore.operations.model import SharedState
from shopcore.testing.clock import NEW_YEAR
from shopcore.testing.contracts.event_stream import an_event

__all__ = ["secret"]

pytestmark = pytest.mark.anyio

_SOON = 60.0  # seconds, on the slowest machine


@pytest.fixture(params=sorted(ENGINES))
def redis(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """One that this test may do to as it likes."""
    with redis_server(tmp_path, request.param) as server:
        yield server


@asynccontextmanager
async def sharing(url: str, secret: bytes, **settings: Any) -> AsyncIterator[RedisShared]:
    usual: dict[str, Any] = {"limiter": LocalLimiter(), "wakeups": LocalWakeups(), "stream_length": 1_000}
    async with opened(url, secret, **{**usual, **settings}) as shared:
        yield shared


async def until(condition: Callable[[SharedState], bool], shared: RedisShared) -> SharedState:
    """Look again and again."""
    async with asyncio.timeout(_SOON):
        while not condition(state := await shared.check()):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.01)
    return state


async def falls_back(shared: RedisShared) -> None:
    """Everything still has an answer; what has no other way says so."""
    before = shared.state().limits_fallen_back
    hits = [await shared.limiter.hit("ada", 2, 60.0, NEW_YEAR) for _ in range(3)]
    found = await shared.pages.find(b"page", 1)
    await shared.pages.keep(b"page", 1, b"content", 1)
    shared.wakeups.wake()
    await shared.wakeups.wait(30.0)
    assert shared.events is not None
    with pytest.raises(Unavailable) as refused:
        await shared.events.append([an_event(1)])

    assert [hit.allowed for hit in hits] == [True, True, False]
    assert shared.state().limits_fallen_back == before + 3
    assert found.content is None
    assert refused.value.retry_after
    assert refused.value.detail.startswith("Redis ")


async def test_one_that_is_late_for_a_crowd_is_a_problem_though_it_is_up(redis: RedisServer, secret: bytes) -> None:
    """Readiness says so whether it looks or remembers: who looks is alone, and has an answer."""
    async with sharing(redis.url, secret) as shared:
        for _ in range(ENOUGH):
            shared._link.count_late()
        looked, remembered = await shared.check(), shared.state()

    assert "too slowly" in looked.problem
    assert (looked.problem, looked.is_up) == (remembered.problem, True)


async def test_killed_and_started_again(redis: RedisServer, secret: bytes) -> None:
    """Every process goes on alone, and comes back by itself."""
    async with sharing(redis.url, secret) as shared:
        assert (await shared.check()).problem == ""
        redis.kill()
        gone = await until(lambda state: not state.is_up, shared)
        await falls_back(shared)
        redis.start()
        back = await until(lambda state: state.is_up, shared)
        await shared.limiter.hit("eve", 2, 60.0, NEW_YEAR)

        assert "REDIS_URL" in gone.problem
        assert back.problem == ""
        assert shared.state().limits_fallen_back == 3


async def test_while_it_is_gone_nobody_waits(redis: RedisServer, secret: bytes) -> None:
    """Once it is known, a thousand questions cost what one did: one a second looks."""
    async with sharing(redis.url, secret) as shared:
        redis.freeze()
        try:
            await until(lambda state: not state.is_up, shared)
            began = time.monotonic()
            for number in range(1_000):
                await shared.limiter.hit(str(number), 1, 60.0, NEW_YEAR)
            seconds = time.monotonic() - began
        finally:
            redis.thaw()
        await until(lambda state: state.is_up, shared)

    assert seconds < 2 * DEADLINE + seconds / 2  # at most every second one second of the time went into looking


async def test_a_redis_that_hangs_holds_nobody_beyond_the_deadline(redis: RedisServer, secret: bytes) -> None:
    """Forty at once, of whom most wait for a connection: each has an answer by then."""
    async with sharing(redis.url, secret) as shared:
        await shared.check()
        redis.freeze()
        try:
            began = time.monotonic()
            await asyncio.gather(*(shared.limiter.hit(str(number), 1, 60.0, NEW_YEAR) for number in range(40)))
            seconds = time.monotonic() - began
        finally:
            redis.thaw()

        assert shared.state().limits_fallen_back == 40
        assert seconds < DEADLINE + 1.0  # of a slow machine's own


async def test_the_wrong_password(tmp_path: Path, secret: bytes) -> None:
    """Known at the first question, and told so that somebody can mend it, without the password."""
    with redis_server(tmp_path, arguments=["--requirepass", "right"]) as server:
        for url in (server.url, f"redis://:hunter2@127.0.0.1:{server.port}"):
            async with sharing(url, secret) as shared:
                state = await until(lambda state: not state.is_up, shared)

                assert "refuses the password" in state.problem
                assert "REDIS_KEY" in state.problem
                assert "hunter2" not in state.problem
                await falls_back(shared)
        async with sharing(f"redis://:right@127.0.0.1:{server.port}", secret) as shared:
            assert (await shared.check()).problem == ""


async def test_a_replica_that_takes_no_writes(redis: RedisServer, secret: bytes) -> None:
    """Its reads would work, which makes it no better; once it is the primary all is well."""
    async with sharing(redis.url, secret) as shared:
        await shared.check()
        with redis.client as client:
            client.replicaof("127.0.0.1", 1)
            state = await until(lambda state: not state.is_up, shared)
            await falls_back(shared)
            still = await shared.check()
            client.replicaof("NO", "ONE")
        await until(lambda state: state.is_up, shared)

        assert "READONLY" in state.problem
        assert "primary" in state.problem
        assert still.problem == state.problem


async def test_a_redis_that_is_full(redis: RedisServer, secret: bytes) -> None:
    """It says so, and what to do."""
    async with sharing(redis.url, secret) as shared:
        await shared.check()
        with redis.client as client:
            client.config_set("maxmemory", 1)
            state = await until(lambda state: not state.is_up, shared)
            await falls_back(shared)
            client.config_set("maxmemory", 0)
        await until(lambda state: state.is_up, shared)

        assert "OOM" in state.problem
        assert "maxmemory" in state.problem


async def test_a_user_without_the_rights(redis: RedisServer, secret: bytes) -> None:
    """And the rights that the documentation names are enough."""
    guide = (Path(__file__).parents[2] / "docs/how-to/more-than-one-server.md").read_text(encoding="utf-8")
    line = next(line for line in guide.splitlines() if "ACL SETUSER" in line)
    with redis.client as client:
        client.execute_command("ACL", "SETUSER", "poor", "on", ">password", "+@connection")
        client.execute_command(*line.split())
    async with sharing(f"redis://poor:password@127.0.0.1:{redis.port}", secret) as shared:
        state = await until(lambda state: not state.is_up, shared)
        assert "NOPERM" in state.problem
        await falls_back(shared)
    async with sharing(f"redis://shop:password@127.0.0.1:{redis.port}", secret) as shared:
        await shared.limiter.hit("ada", 1, 60.0, NEW_YEAR)
        looked = await shared.pages.find(b"page", 1)
        await shared.pages.keep(b"page", 1, b"content", looked.looked_at)
        assert shared.events is not None
        await shared.events.append([an_event(1)])
        await shared.wakeups.wait(0.001)
        heard = await until(lambda state: state.signals_heard, shared)

        assert heard.problem == ""
        assert heard.limits_fallen_back == 0
        assert (await shared.pages.find(b"page", 1)).content == b"content"
        assert len(await shared.events.read(None, 10)) == 1


async def test_signals_are_lost_and_heard_again(redis: RedisServer, secret: bytes) -> None:
    """Whoever listens is called when they are back: something may have been said meanwhile."""
    async with sharing(redis.url, secret) as shared, sharing(redis.url, secret) as other:
        await shared.wakeups.wait(0.001)
        await until(lambda state: state.signals_heard, shared)
        redis.kill()
        lost = await until(lambda state: not state.signals_heard, shared)
        redis.start()
        await asyncio.wait_for(shared.wakeups.wait(_SOON), _SOON / 2)
        await until(lambda state: state.signals_heard, shared)
        waiting = asyncio.create_task(shared.wakeups.wait(_SOON))
        await until(lambda state: state.is_up, other)
        async with asyncio.timeout(_SOON / 2):
            while not waiting.done():
                other.wakeups.wake()
                await asyncio.wait([waiting], timeout=0.05)

        assert "not heard" in lost.problem or "reached" in lost.problem
        assert shared.state().signals_lost == 1


@pytest.mark.parametrize("wrong", ["redis://127.0.0.1:1", "redis://nowhere.invalid", "unix:///nowhere/redis.sock"])
async def test_nobody_there(wrong: str, secret: bytes) -> None:
    """A name that is no host, a port that nobody listens on, a socket that does not exist."""
    async with sharing(wrong, secret) as shared:
        state = await until(lambda state: not state.is_up, shared)
        await falls_back(shared)

        assert "REDIS_URL" in state.problem or "in time" in state.problem


async def test_something_else_listens_there(secret: bytes) -> None:
    """A web server, for instance."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    web = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"redis://127.0.0.1:{web.sockets[0].getsockname()[1]}"
    async with web, sharing(url, secret) as shared:
        await until(lambda state: not state.is_up, shared)
        await falls_back(shared)


async def test_a_redis_started_anew_learns_the_scripts_again(redis: RedisServer, secret: bytes) -> None:
    """It has forgotten them with everything else; nobody falls back for that, alone or in a crowd."""
    async with sharing(redis.url, secret, deadline=_SOON) as shared:
        await shared.limiter.hit("ada", 100, 60.0, NEW_YEAR)
        with redis.client as client:
            client.script_flush()
        one = await shared.limiter.hit("ada", 100, 60.0, NEW_YEAR)
        with redis.client as client:
            client.script_flush()
        many = await asyncio.gather(*(shared.limiter.hit("ada", 100, 60.0, NEW_YEAR) for _ in range(50)))

        assert one.remaining == 98
        assert sorted(hit.remaining for hit in many) == list(range(48, 98))
        assert shared.state().limits_fallen_back == 0


async def test_who_gives_up_waiting_disturbs_nobody(redis: RedisServer, secret: bytes) -> None:
    """A client that goes away cancels its request, whichever place of the batch it has; it may have counted."""
    async with sharing(redis.url, secret, deadline=_SOON) as shared:
        hits = [asyncio.create_task(shared.limiter.hit(str(number), 1, 60.0, NEW_YEAR)) for number in range(50)]
        await asyncio.sleep(0)
        for number in (0, 1, 25):
            hits[number].cancel()
        answers = await asyncio.gather(*hits, return_exceptions=True)
        after = await shared.limiter.hit("later", 1, 60.0, NEW_YEAR)

        assert sum(isinstance(answer, asyncio.CancelledError) for answer in answers) == 3
        assert after.allowed
        assert shared.state().limits_fallen_back == 0


async def test_who_has_less_time_waits_less_and_tells_nothing_about_redis(redis: RedisServer, secret: bytes) -> None:
    """A request at the end of its own deadline does not open the breaker for the others."""
    async with sharing(redis.url, secret, deadline=_SOON) as shared:
        await shared.check()
        redis.freeze()
        try:
            for _ in range(10):
                with until_moment(time.monotonic() + 0.02):
                    await shared.limiter.hit("ada", 1, 60.0, NEW_YEAR)
        finally:
            redis.thaw()

        assert shared.state().is_up
        assert shared.state().limits_fallen_back == 10
