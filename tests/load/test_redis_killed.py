"""Redis is killed ten times while people buy: nobody notices, and every server finds it again."""

import asyncio
import random
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from tests.load.buyers import Buyer, assert_agree, books, stock
from tests.load.servers import Server, start
from tests.load.wire import Answer, Connection
from tests.redis_servers import RedisServer, redis_server

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(180)]

KILLS = 10
BUYERS = 6  # at once, one after the other until Redis has been killed often enough
UNITS = 100_000


class Visitor(Connection):
    """Somebody whom the shop sees through a proxy, at an address of their own."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(url)
        self._address = f"203.0.{number // 250 % 250}.{number % 250 + 1}"

    async def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        return await super().request(method, path, body, {**(headers or {}), "X-Forwarded-For": self._address})


class Crowd:
    """People who look at the product, fill carts and buy, through both servers, until they are told to stop."""

    def __init__(self, servers: list[Server]) -> None:
        self._servers = servers
        self._numbers = iter(range(UNITS))
        self.is_open = True
        self.answers: list[Answer] = []
        self.bought = 0
        self.bought_at = [time.monotonic()]
        self.slowest = 0.0

    async def buy_on(self, place: int) -> None:
        """One after the other."""
        url = self._servers[place % len(self._servers)].url
        while self.is_open:
            number = next(self._numbers)
            buyer, visitor = Buyer(url, number), Visitor(url, number)
            buyer._connection = visitor
            began = time.monotonic()
            self.answers.append(await visitor.request("GET", f"/products?limit={1 + place}"))
            self.answers.append(await visitor.request("GET", "/products/rush"))
            await buyer.fill_cart()
            answer = await buyer.check_out()
            await buyer.leave()
            self.answers.append(answer)
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.status == 201:
                self.bought += 1
                self.bought_at.append(time.monotonic())

    def longest_pause(self) -> float:
        """The longest time without an order."""
        return max(later - before for before, later in pairwise(self.bought_at))


async def kill_again_and_again(redis: RedisServer, crowd: Crowd) -> None:
    """At any moment, and start it anew after any time; between, at least one order is placed without it."""
    chance = random.Random(7)
    for _ in range(KILLS):
        await bought_more(crowd, chance.randint(1, 12))
        redis.kill()
        await bought_more(crowd, chance.randint(1, 12))
        await asyncio.to_thread(redis.start)
    await bought_more(crowd, 6)


async def bought_more(crowd: Crowd, count: int) -> None:
    """Wait for so many more orders."""
    wanted = crowd.bought + count
    async with asyncio.timeout(60):
        while crowd.bought < wanted:  # noqa: ASYNC110 - the orders of other processes are counted
            await asyncio.sleep(0.005)


async def test_redis_killed_ten_times_under_load(tmp_path: Path) -> None:
    """No answer of 500 and more, every order once, and ready again in the end."""
    await stock(tmp_path, UNITS)
    with redis_server(tmp_path) as redis:
        settings = {"REDIS_URL": redis.url, "RATE_LIMITS": "on", "TRUSTED_PROXIES": "127.0.0.1"}
        servers = [start(tmp_path, settings) for _ in range(2)]
        try:
            crowd = Crowd(servers)
            async with asyncio.TaskGroup() as group:
                for place in range(BUYERS):
                    group.create_task(crowd.buy_on(place))
                await kill_again_and_again(redis, crowd)
                crowd.is_open = False
            states = [await ready_again(server) for server in servers]
        finally:
            for server in servers:
                server.stop()
        found = await books(tmp_path)

    print(  # noqa: T201 - the figures that one wants to see
        f"{KILLS} kills of Redis, {crowd.bought} orders, longest time without a checkout "
        f"{crowd.longest_pause():.2f} s; the slowest visit took {crowd.slowest:.2f} s",
        file=sys.stderr,
    )
    assert {answer.status for answer in crowd.answers} == {200, 201}
    assert [state["dependencies"] for state in states] == [{"store": "up", "redis": "up", "worker": "up"}] * 2
    assert_agree(found, bought=crowd.bought, on_hand=UNITS)


async def ready_again(server: Server) -> dict[str, dict[str, str]]:
    """What a server says once it says that all is well, or after a minute."""
    connection = Connection(server.url)
    patience = time.monotonic() + 60.0
    while (answer := await connection.request("GET", "/health/ready")).json()["status"] != "ready":
        assert answer.status == 200
        if time.monotonic() > patience:
            break
        await asyncio.sleep(0.05)
    await connection.close()
    told: dict[str, dict[str, str]] = answer.json()
    return told
