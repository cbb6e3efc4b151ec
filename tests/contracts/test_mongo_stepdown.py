"""A primary that steps down, as before maintenance, and a member that is away: nobody is told anything but to wait."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pymongo
import pytest
from bson.int64 import Int64
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect
from tests.load.replicas import Members, members

from shopcore.adapters.local.keys import new_key_ring
from shopcore.adapters.local.sealing import AesGcmSealer
from shopcore.adapters.mongo.carts import MongoCarts
from shopcore.adapters.mongo.connection import prepare
from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.levels import MongoLevels
from shopcore.adapters.mongo.reservations import MongoReservations
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.migration import VERSION, migrate
from shopcore.inventory.model import StockLine, hold
from shopcore.kernel.errors import Unavailable
from shopcore.kernel.ids import OrderId, Sku
from shopcore.testing.contracts.levels import level, stock, sums
from shopcore.testing.contracts.sales_samples import a_cart, a_token_hash
from shopcore.testing.contracts.samples import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lost_sockets"), pytest.mark.slow, pytest.mark.timeout(300)]

A, B = Sku("A"), Sku("B")
SEALER = AesGcmSealer(new_key_ring())
STEPS = 3
BUYERS = 4


@pytest.fixture(scope="module")
def replicas() -> Iterator[Members]:
    with members(3) as three:
        yield three


@pytest.fixture
async def database(replicas: Members) -> AsyncIterator[MongoDatabase]:
    opened = await MongoDatabase.open(replicas.url, chance=lambda: 0.5)
    try:
        yield opened
    finally:
        await opened.close()


def step_down(replicas: Members) -> int:
    """Once others have what it has; the port of the one that was the primary."""
    port = replicas.primary()
    client = pymongo.MongoClient[Document]("127.0.0.1", port, directConnection=True)
    with client, suppress(AutoReconnect):  # which is how it says that it did
        client.admin.command({"replSetStepDown": 5, "secondaryCatchUpPeriodSecs": 4})
    return port


class Buyers:
    """They put into carts and buy, one order after the other, and ask again whenever they are told to wait."""

    def __init__(self, database: MongoDatabase) -> None:
        self.carts = MongoCarts(database, SEALER)
        self.sold: list[OrderId] = []
        self.refusals: list[Unavailable] = []
        self.is_over = False
        self._reservations = MongoReservations(database)
        self._unit_of_work = MongoUnitOfWork(database)

    async def buy(self, number: int) -> None:
        count = 0
        while not self.is_over:
            count += 1
            await self._order(f"{number}-{count}")

    async def _order(self, name: str) -> None:
        async def in_unit() -> None:
            if await self.carts.find_by_token(a_token_hash(name)) is None:
                await self.carts.add(a_cart(name), a_token_hash(name))

        order_id, lines = OrderId(name), [StockLine(sku=sku, quantity=1) for sku in (A, B)]
        await self._until_done(lambda _: self._unit_of_work(in_unit))
        await self._until_done(lambda at: self._reservations.reserve(hold(order_id, lines, at), at))
        await self._until_done(lambda at: self._reservations.claim(order_id, at))
        await self._until_done(lambda at: self._reservations.commit(order_id, at))
        self.sold.append(order_id)

    async def _until_done(self, step: Callable[[datetime], Awaitable[object]]) -> None:
        """Each try a second after the last: whoever began a reservation and was told to wait may take it over."""
        for tries in itertools.count():
            try:
                await step(NOON + timedelta(seconds=tries))
            except Unavailable as error:
                self.refusals.append(error)
                await asyncio.sleep(0.05)
            else:
                return


async def test_who_buys_while_primaries_step_down_is_asked_to_wait_and_no_more(
    replicas: Members, database: MongoDatabase
) -> None:
    """Whatever step it was; what was acknowledged is there, and the stock is what was sold."""
    levels, buyers = MongoLevels(database), Buyers(database)
    for sku in (A, B):
        await stock(levels, sku, 1_000_000)

    async with asyncio.timeout(240), asyncio.TaskGroup() as group:
        for number in range(BUYERS):
            group.create_task(buyers.buy(number))
        for _ in range(STEPS):
            before, known = await asyncio.to_thread(step_down, replicas), len(buyers.sold)
            while len(buyers.sold) < known + 2 * BUYERS:  # noqa: ASYNC110 - the store has no event to wait for
                await asyncio.sleep(0.02)
            assert await asyncio.to_thread(replicas.primary) != before
        buyers.is_over = True

    assert all(error.retry_after for error in buyers.refusals)
    for sku in (A, B):
        assert await level(levels, sku) == (1_000_000 - len(buyers.sold), 0) == await sums(levels, sku)
    for order_id in buyers.sold:
        assert await buyers.carts.find_by_token(a_token_hash(order_id)) is not None


async def test_an_index_is_built_with_a_member_down(replicas: Members, database: MongoDatabase) -> None:
    """In the state in which the shop sells, it is brought up to date too; the one that was away has it later."""
    async with AsyncMongoClient[Document](replicas.url) as client:
        shop = client.shop
        await shop.categories.insert_one(
            {"_id": "a", "slug": "a", "title": "A", "parent_id": None, "position": Int64(0)}
        )
        await shop.categories.drop_index("slug")
        away = next(port for port in replicas.ports if port != replicas.primary())
        replicas.kill(away)
        async with asyncio.timeout(120):
            assert await migrate(prepare(client, "shop"), anew=True) == VERSION

        assert "slug" in await shop.categories.index_information()
        replicas.start(away)
