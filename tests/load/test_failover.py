"""The primary of the store is killed while people buy, and the store is taken away altogether."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.load.buyers import Buyer, assert_agree, books, crowd, stock
from tests.load.replicas import Members, members
from tests.load.servers import Server, serving
from tests.load.tallies import tally
from tests.load.wire import Answer, Connection, CutOff

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(480)]

KILLS = int(os.environ.get("SHOP_TEST_KILLS", "2"))
SHOPPERS = 6  # at once
UNITS = 100_000
BETWEEN = 5  # purchases after one kill, before the next
DEADLINE = 2.0
WAITS = {409, 429, 503}


class Shoppers:
    """People who buy one thing after the other, and insist: under the same key, until they have their order."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = iter(range(UNITS))
        self.is_open = True
        self.orders: list[str] = []
        self.moments = [time.monotonic()]
        self.told: list[Answer] = []
        self.told_at: list[float] = []

    async def buy_on(self) -> None:
        """Until the shop closes; who is at the till then still gets their order."""
        while self.is_open:
            buyer = Buyer(self._url, next(self._numbers))
            await self._filled(buyer)
            answer = await self._insisted(buyer)
            await buyer.leave()
            assert answer.status == 201, answer.content
            self.orders.append(answer.json()["order"]["id"])
            self.moments.append(time.monotonic())

    async def _filled(self, buyer: Buyer) -> None:
        while True:
            try:
                await buyer.fill_cart()
            except (CutOff, AssertionError):  # the latter says that an answer was not 200
                await asyncio.sleep(0.1)
            else:
                return

    async def _insisted(self, buyer: Buyer) -> Answer:
        while True:
            try:
                answer = await buyer.check_out()
            except CutOff:
                continue
            if answer.status not in WAITS:
                return answer
            self.told.append(answer)
            self.told_at.append(time.monotonic())
            await asyncio.sleep(0.1)

    def longest_pause(self) -> tuple[float, Counter[str]]:
        """The longest time without an order, and what those who waited were told."""
        begun, ended = max(pairwise(self.moments), key=lambda pair: pair[1] - pair[0])
        told = [answer for answer, at in zip(self.told, self.told_at, strict=True) if begun <= at <= ended]
        return ended - begun, tally(told)

    async def have_bought(self, count: int) -> None:
        """Wait for so many orders."""
        while len(self.orders) < count:  # noqa: ASYNC110 - they come from another process
            await asyncio.sleep(0.02)


@pytest.fixture
def three() -> Iterator[Members]:
    """A replica set of three members."""
    with members(3) as replicas:
        yield replicas


@asynccontextmanager
async def shopping(server: Server) -> AsyncIterator[Shoppers]:
    shoppers = Shoppers(server.url)
    tasks = [asyncio.ensure_future(shoppers.buy_on()) for _ in range(SHOPPERS)]
    try:
        yield shoppers
        shoppers.is_open = False
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def test_the_primary_is_killed_again_and_again(three: Members, tmp_path: Path) -> None:
    """Every order that somebody was told of is there once, and stock, money, ledger and mails say the same."""
    await stock(tmp_path, UNITS, store_url=three.url)
    with serving(tmp_path, 1, {"STORE_URL": three.url}) as (server,):
        async with shopping(server) as shoppers:
            for _ in range(KILLS):
                await shoppers.have_bought(len(shoppers.orders) + BETWEEN)
                await asyncio.sleep(random.uniform(0.0, 0.5))  # whatever they are doing just then
                primary = await asyncio.to_thread(three.primary)
                three.kill(primary)
                await shoppers.have_bought(len(shoppers.orders) + BETWEEN)
                await asyncio.to_thread(three.start, primary)
                await asyncio.to_thread(three.settle)
        await asyncio.to_thread(three.settle)  # the list of orders may be read from any member
    found = await books(tmp_path, later=timedelta(seconds=40), store_url=three.url)
    pause, told = shoppers.longest_pause()
    print(  # noqa: T201 - the figure that one wants to see
        f"{KILLS} kills, {len(shoppers.orders)} orders, longest time without a checkout {pause:.2f} s, in which was "
        f"answered {dict(told)}; told to come later: {dict(tally(shoppers.told))}",
        file=sys.stderr,
    )

    assert len(set(shoppers.orders)) == len(shoppers.orders)
    assert sorted(order.id for order in found.orders) == sorted(shoppers.orders)
    assert_agree(found, bought=len(shoppers.orders), on_hand=UNITS)
    assert all("retry-after" in answer.headers for answer in shoppers.told if answer.status == 503)
    assert pause < 30


async def timed(server: Server, buyer: Buyer) -> tuple[Answer, float]:
    """One checkout, and how long its answer took."""
    connection, begun = Connection(server.url), time.monotonic()
    try:
        answer = await buyer.check_out(connection)
    finally:
        await connection.close()
    return answer, time.monotonic() - begun


async def probed(server: Server) -> Answer:
    """What a load balancer is told."""
    connection = Connection(server.url)
    answer = await connection.request("GET", "/health/ready")
    await connection.close()
    return answer


async def test_a_store_that_is_gone_is_told_in_time_and_found_again(tmp_path: Path) -> None:
    """Everybody hears 503 within the deadline, later ones at once; then each gets one order, under the same key."""
    with members(1) as store:
        await stock(tmp_path, UNITS, store_url=store.url)
        timeout = {"STORE_URL": store.url, "WRITE_TIMEOUT_SECONDS": str(DEADLINE)}
        with serving(tmp_path, 1, timeout) as (server,):
            async with crowd([server], 20) as buyers:
                gone = store.primary()
                store.kill(gone)
                told = await asyncio.gather(*(timed(server, buyer) for buyer in buyers))
                again = [await timed(server, buyer) for buyer in buyers[:5]]
                ready = await probed(server)
                store.start(gone)
                async with asyncio.timeout(60):
                    answers = await asyncio.gather(*(insisted(server, buyer) for buyer in buyers))
        found = await books(tmp_path, later=timedelta(seconds=40), store_url=store.url)

    assert {answer.status for answer, _ in (*told, *again)} == {503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer, _ in (*told, *again))
    assert max(seconds for _, seconds in told) < DEADLINE + 2
    assert sorted(seconds for _, seconds in again)[2] < DEADLINE / 2, "a dead store must not hold every request"
    assert ready.status == 503
    assert {answer.status for answer in answers} == {201}
    assert_agree(found, bought=20, on_hand=UNITS)


async def insisted(server: Server, buyer: Buyer) -> Answer:
    """The order, once the store is back."""
    while True:
        answer, _ = await timed(server, buyer)
        if answer.status not in WAITS:
            return answer
        await asyncio.sleep(0.2)
