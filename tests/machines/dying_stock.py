"""Stock on MongoDB, and a process that dies or stops between any two of its statements."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import AsyncMongoClient, UpdateOne
from tests.contracts.stores import mongo_database
from tests.crashes import Fuse

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.levels import MongoLevels
from shopcore.adapters.mongo.reservations import MongoReservations
from shopcore.adapters.mongo.schema.declaration import Collection
from shopcore.inventory.model import StockLine, hold
from shopcore.kernel.ids import OrderId, Sku
from shopcore.testing.contracts.levels import level, stock, sums
from shopcore.testing.contracts.samples import NOON

A, B = Sku("A"), Sku("B")
ORDER = OrderId("order")
BOUGHT = {A: 2, B: 1}
Act = Callable[[MongoReservations], Awaitable[None]]


@dataclass
class Several:
    """What statements that were sent together came to."""

    matched_count: int = 0


class Burning:
    """A collection at whose every statement the process may die: before it, or after it was carried out."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    def with_options(self, **options: Any) -> "Burning":
        return Burning(self._inner.with_options(**options), self._fuse)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name == "find":  # a cursor, which is nothing to die at
            return method
        return lambda *given, **named: self._fuse.around(name, method(*given, **named))

    async def bulk_write(self, writing: Sequence[UpdateOne], **options: Any) -> "Several":
        """It may die between any two of them, in whatever order the server takes them."""
        done = Several()
        for each in writing:
            one = await self._fuse.around("bulk_write", self._inner.bulk_write([each], **options))
            done.matched_count += one.matched_count
        return done


class BurningDatabase(MongoDatabase):
    """The database as a process sees it that is going to die."""

    fuse: Fuse

    def collection(self, declared: Collection) -> Any:
        return Burning(super().collection(declared), self.fuse)


@asynccontextmanager
async def dying(url: str, fuse: Fuse) -> AsyncGenerator[MongoReservations]:
    client, name = AsyncMongoClient[dict[str, Any]](url), "shop_test"
    name = client.get_default_database("shop").name
    database = BurningDatabase(client, name, 5.0, lambda: 0.5)
    database.fuse = fuse
    try:
        yield MongoReservations(database)
    finally:
        await database.close()


async def reserve(reservations: MongoReservations) -> None:
    lines = [StockLine(sku=sku, quantity=quantity) for sku, quantity in BOUGHT.items()]
    await reservations.reserve(hold(ORDER, lines, NOON), NOON)


async def buy(reservations: MongoReservations) -> None:
    await reserve(reservations)
    await reservations.claim(ORDER, NOON)


async def sell(reservations: MongoReservations) -> None:
    await buy(reservations)
    await reservations.commit(ORDER, NOON)


async def commit(reservations: MongoReservations) -> None:
    await reservations.commit(ORDER, NOON)


async def release(reservations: MongoReservations) -> None:
    await reservations.release(ORDER, NOON)


async def nothing(_: MongoReservations) -> None:
    """It begins with an empty shop."""


async def crash_points(url: str, before: Act, act: Act) -> list[str]:
    """The statements of an act, when nothing goes wrong."""
    async with mongo_database(url) as database, dying(url, fuse := Fuse()) as reservations:
        await open_shop(database, before)
        await act(reservations)
        return fuse.names


async def open_shop(database: MongoDatabase, before: Act) -> tuple[MongoLevels, MongoReservations]:
    levels, reservations = MongoLevels(database), MongoReservations(database)
    for sku in (A, B):
        await stock(levels, sku, 5)
    await before(reservations)
    return levels, reservations


async def figures(levels: MongoLevels) -> list[tuple[int, int]]:
    """Of both SKUs; every figure is the sum of its movements."""
    found = [await level(levels, sku) for sku in (A, B)]
    assert found == [await sums(levels, sku) for sku in (A, B)]
    return found
