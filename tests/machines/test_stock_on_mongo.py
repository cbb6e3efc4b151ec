"""The stock machine on MongoDB, the bugs that it finds there, and how movements are drained."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from bson.int64 import Int64
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.contracts.stores import mongo_database
from tests.machines.stock_machine import SEARCH, Stock, StockMachine

from shopcore.adapters.mongo.database import MongoDatabase, MongoUnitOfWork
from shopcore.adapters.mongo.levels import MongoLevels
from shopcore.adapters.mongo.reservations import MongoReservations
from shopcore.adapters.mongo.schema.inventory import LEVELS
from shopcore.adapters.mongo.units import Session
from shopcore.inventory.model import MovementKind, Reservation, StockLine, hold
from shopcore.kernel.ids import OrderId, Sku
from shopcore.testing.contracts.levels import level, stock, sums
from shopcore.testing.contracts.samples import NOON

A = Sku("A")


class MongoMachine(StockMachine):
    """On a database that is emptied after each run."""

    url: ClassVar[str]
    adapter: ClassVar[type[MongoReservations]] = MongoReservations

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[Stock]:
        async with mongo_database(self.url) as database:
            yield Stock(MongoUnitOfWork(database), MongoLevels(database), self.adapter(database))


def machine(url: str, adapter: type[MongoReservations]) -> type[MongoMachine]:
    return type("Machine", (MongoMachine,), {"url": url, "adapter": adapter})


def test_the_figures_explain_each_other(mongo_url: str) -> None:
    """Whatever buyers and a merchant do at the same moment."""
    few = settings(max_examples=15, stateful_step_count=12, deadline=None)
    run_state_machine_as_test(machine(mongo_url, MongoReservations), settings=few)


async def lift_rules(database: MongoDatabase) -> None:
    """The server's own rules out of the way, so that only the machine can notice."""
    await database.once(lambda _: database.collection(LEVELS).database.command("collMod", LEVELS.name, validator={}))


class Unguarded(MongoReservations):
    """The planted bug: it takes units without looking."""

    async def reserve(self, reservation: Reservation, at: datetime) -> None:
        """Take everything, whatever is there."""
        await lift_rules(self._database)

        async def step(_: Session) -> None:
            attempt = await self._begin(reservation, at)
            for line in reservation.lines if attempt else ():
                entry = {"order": reservation.id, "attempt": 1, "quantity": Int64(line.quantity), "at": Int64(0)}
                figures = {"reserved": Int64(line.quantity), "available": Int64(-line.quantity)}
                await self._database.collection(LEVELS).update_one(
                    {"_id": line.sku, "tracked": True}, {"$inc": figures, "$push": {"open": entry}}
                )
            await self._reservations.update_one({"_id": reservation.id, "state": "taking"}, {"$set": {"state": "held"}})

        await self._database.beside(LEVELS, reservation.id, step)


class Twice(MongoReservations):
    """The planted bug: what was given back is given back once more."""

    async def release(self, order_id: OrderId, at: datetime) -> None:
        """Release it, and again."""
        await super().release(order_id, at)
        await lift_rules(self._database)
        released = await self._find(order_id)
        for line in released["lines"] if released else ():
            await self._database.collection(LEVELS).update_one(
                {"_id": line["sku"]}, {"$inc": {"reserved": -line["quantity"], "available": line["quantity"]}}
            )


@pytest.mark.parametrize("planted", [Unguarded, Twice])
def test_the_machine_finds_planted_bugs(planted: type[MongoReservations], mongo_url: str) -> None:
    """Neither an oversell nor a second release goes unnoticed, even where the server refuses nothing."""
    try:
        with pytest.raises(AssertionError):
            run_state_machine_as_test(machine(mongo_url, planted), settings=SEARCH)
    finally:
        asyncio.run(restore_rules(mongo_url))


async def restore_rules(url: str) -> None:
    async with mongo_database(url) as database:
        await database.migrate()


@pytest.mark.anyio
async def test_movements_are_drained_and_stay_one_list(mongo_url: str) -> None:
    """More purchases than a level keeps: each is there once, in its place, and none twice."""
    async with mongo_database(mongo_url) as database:
        levels, reservations = MongoLevels(database), MongoReservations(database)
        await stock(levels, A, 100)
        for number in range(40):
            order_id, at = OrderId(f"order-{number}"), NOON + timedelta(seconds=number)
            await reservations.reserve(hold(order_id, [StockLine(sku=A, quantity=1)], at), at)
            await reservations.claim(order_id, at)
            await reservations.commit(order_id, at + timedelta(milliseconds=1))
            if number % 10 == 0:
                await reservations.release(order_id, at + timedelta(milliseconds=2))
                await reservations.release(order_id, at + timedelta(milliseconds=3))
        embedded = await database.once(lambda _: database.collection(LEVELS).find_one({"_id": A}))
        found = (await levels.movements(A, None, 1_000)).items

        assert embedded is not None
        assert len(embedded["moves"]) < 32
        assert int(embedded["drains"]) > 0
        assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
        assert len({one.id for one in found}) == len(found) == 1 + 40 * 2 + 4
        assert sum(one.kind is MovementKind.RESTOCKED for one in found) == 4
        assert await level(levels, A) == await sums(levels, A) == (64, 0)
