"""Questions that travel together: whatever happens on the way, nobody waits for ever."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from shopcore.adapters.redis.batches import Batches, Question, Script
from shopcore.adapters.redis.errors import RedisUnreachable
from shopcore.adapters.redis.lateness import ENOUGH, WITHIN
from shopcore.adapters.redis.link import Link
from shopcore.kernel.deadline import seconds_left

pytestmark = pytest.mark.anyio

QUESTION = Question(Script("return 1"), "key", ())


class Way:
    """The way to Redis, on which each trip ends as the test says, once the gate is open."""

    deadline = 0.4

    def __init__(self, *ends: Exception | Any) -> None:
        self.gate, self.left = asyncio.Event(), asyncio.Event()
        self._ends = list(ends)
        self.allowed: list[float] = []
        self.late = 0

    def count_late(self) -> None:
        self.late += 1

    async def ask(self, _question: Callable[[Any], Awaitable[Any]]) -> Any:
        self.allowed.append(seconds_left(math.inf, time.monotonic()))
        self.left.set()
        await self.gate.wait()
        end = self._ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


async def in_a_crowd(batches: Batches, way: Way, count: int) -> list[Any]:
    """The first goes alone, the others together after it."""
    asked = [asyncio.create_task(batches.ask(QUESTION))]
    await way.left.wait()
    asked += [asyncio.create_task(batches.ask(QUESTION)) for _ in range(count - 1)]
    await asyncio.sleep(0)
    way.gate.set()
    async with asyncio.timeout(5):
        return await asyncio.gather(*asked, return_exceptions=True)


@pytest.mark.parametrize("error", [ValueError("no number"), RedisUnreachable("gone")])
async def test_a_trip_that_fails_keeps_nobody_and_the_next_one_starts(error: Exception) -> None:
    """Also where the failure is one that nobody has thought of, such as an answer that the client cannot read."""
    way = Way([1], error, [4])
    batches = Batches(way)  # type: ignore[arg-type]

    answers = await in_a_crowd(batches, way, 3)
    after = await batches.ask(QUESTION)
    await batches.close()

    assert answers == [1, error, error]
    assert after == 4


async def test_what_is_asked_in_one_turn_of_the_loop_travels_together() -> None:
    """One trip for all of them, which costs the process little more than one question would."""
    way = Way([1, 2, 3], [4])
    way.gate.set()
    batches = Batches(way)  # type: ignore[arg-type]

    together = await asyncio.gather(*(batches.ask(QUESTION) for _ in range(3)))
    alone = await batches.ask(QUESTION)

    assert (together, alone) == ([1, 2, 3], 4)


async def test_who_waits_for_a_trip_and_then_for_their_own_waits_no_longer_than_one_alone() -> None:
    """The second trip has what the deadline has left; what one alone may take is up to the way."""
    way = Way([1], [2, 3], [4])
    batches = Batches(way)  # type: ignore[arg-type]

    await in_a_crowd(batches, way, 3)
    await batches.ask(QUESTION)

    assert way.allowed[0] == way.allowed[2] == math.inf
    assert way.allowed[1] < way.deadline


async def test_a_trip_that_is_cut_because_its_questions_have_waited_is_counted() -> None:
    """Not one that fails by itself, and not one that nobody had to wait for."""
    late, alone = Way([1], RedisUnreachable("late"), [4]), Way(RedisUnreachable("gone"))
    batches = Batches(late)  # type: ignore[arg-type]
    await in_a_crowd(batches, late, 3)
    await batches.ask(QUESTION)
    await in_a_crowd(Batches(alone), alone, 1)  # type: ignore[arg-type]

    assert (late.late, alone.late) == (1, 0)


def test_a_redis_that_is_late_again_and_again_is_slow_whoever_had_an_answer_in_between() -> None:
    """It is up, and that it is slow is told once, until it has not been late for a while."""
    now = [100.0]
    link = Link(Deafened(), "probe", now=lambda: now[0])  # type: ignore[arg-type]
    told: list[str] = []
    with capture_logs() as logs:
        for _ in range(ENOUGH + 1):
            link.count_late()
            told.append(link.problem[:28])
            now[0] += 1.0
    now[0] += WITHIN

    assert told == ["", "", "Redis answers too slowly for", "Redis answers too slowly for"]
    assert [log["event"] for log in logs] == ["redis_slow"]
    assert (link.is_up, link.problem) == (True, "")


async def test_who_stops_waiting_disturbs_nobody() -> None:
    way = Way([1, 2])
    batches = Batches(way)  # type: ignore[arg-type]
    gone, stays = (asyncio.create_task(batches.ask(QUESTION)) for _ in range(2))
    await way.left.wait()
    gone.cancel()
    way.gate.set()

    assert await stays == 2
    assert gone.cancelled()


class Deafened:
    """A client whose one connection takes the end of a deadline for the end of its sending, and never has an answer."""

    def __init__(self) -> None:
        self.connection_pool = self
        self.socket_timeout: float | None = 1.0  # of each step of connecting
        self.is_closed = False

    async def get_connection(self) -> "Deafened":
        return self

    async def send_packed_command(self, _command: bytes, *, check_health: bool) -> None:
        assert not check_health
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async def read_response(self, timeout: float) -> None:  # noqa: ASYNC109 - it has the client's signature
        await asyncio.Event().wait()

    async def disconnect(self, *, nowait: bool) -> None:
        self.is_closed = nowait


async def test_a_deadline_that_the_client_swallows_is_kept() -> None:
    """The connection is let go, so that the answers meet no other question."""
    client: Any = Deafened()
    batches = Batches(Link(client, "probe", deadline=0.01))
    with pytest.raises(RedisUnreachable, match="in time"):
        async with asyncio.timeout(60):
            await batches.ask(QUESTION)

    assert client.is_closed
