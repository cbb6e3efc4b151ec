"""How fast the shop is on MongoDB, beside its bound: `nox -s bench -- mongo`; a number says how many checkouts a round.

Checkouts per second, against a bare loop over the driver that writes the same documents in the same transactions: what
the shop's checkouts send is recorded, and sent again to a copy of the database as it was before. The processor time
that a checkout costs, here and in the server, stands beside it: a busy neighbour disturbs it least. And product pages
that no cache has, against a bare `find_one` (`bench_cold`).
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

import pymongo
from msgspec.structs import replace
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from pymongo.read_concern import ReadConcern
from tests.load import bench, bench_cold
from tests.mongod import replica_set

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.checkout.model import CheckedOut, CheckOutCommand
from shopcore.kernel.actor import Guest
from shopcore.settings import Settings
from shopcore.shop import Shop

_CHECKOUTS = 240  # a round, unless the command line says otherwise
_BUYERS = 16  # at once: as many transactions as a server process lets run
_ROUNDS = 3
_WRITES = {"insert", "update", "delete", "findAndModify"}
_DURABLE = WriteConcern("majority", j=True)
_OF_THE_SESSION = {
    *("lsid", "txnNumber", "$db", "$clusterTime", "$readPreference", "startTransaction", "autocommit", "readConcern"),
    *("writeConcern", "maxTimeMS", "comment"),
}

buyer: ContextVar[int | None] = ContextVar("buyer", default=None)


class Unit(NamedTuple):
    """Statements of one transaction; or one that is by itself, whose `transaction` is None."""

    transaction: tuple[bytes, int] | None
    statements: list[dict[str, Any]]


class Recorder(CommandListener):
    """Notes what each buyer's checkout sends: all statements are counted, those that write are kept."""

    def __init__(self) -> None:
        self.units: dict[int, list[Unit]] = {}
        self.sent: Counter[str] = Counter()
        self._committed: set[tuple[bytes, int]] = set()

    def started(self, event: CommandStartedEvent) -> None:
        """One statement."""
        number = buyer.get()
        if number is None:
            return
        self.sent[event.command_name] += 1
        command = dict(event.command)
        transaction = None if command.get("autocommit", True) else (bytes(command["lsid"]["id"]), command["txnNumber"])
        if event.command_name == "commitTransaction" and transaction:
            self._committed.add(transaction)
        if event.command_name in _WRITES:
            bare = {name: value for name, value in command.items() if name not in _OF_THE_SESSION}
            units = self.units.setdefault(number, [])
            if transaction is None or not units or units[-1].transaction != transaction:
                units.append(Unit(transaction, []))
            units[-1].statements.append(bare)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Not of interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Not of interest: a transaction that fails is not committed."""

    def kept(self) -> list[list[Unit]]:
        """The units of each checkout that took effect."""
        return [
            [unit for unit in units if unit.transaction is None or unit.transaction in self._committed]
            for units in self.units.values()
        ]


async def copied(client: AsyncMongoClient[Any], source: str, target: str) -> None:
    """The whole database, with its indexes and rules, as another."""
    await client.drop_database(target)
    database = await MongoDatabase.open(f"{_url_of(client)}/{target}", chance=lambda: 0.5)
    await database.close()
    for name in await client[source].list_collection_names():
        documents = await client[source].get_collection(name).find().to_list()
        await client[target][name].delete_many({})
        if documents:
            await client[target][name].insert_many(documents)


def _url_of(client: AsyncMongoClient[Any]) -> str:
    host, port = next(iter(client.nodes))
    return f"mongodb://{host}:{port}"


class Pace(NamedTuple):
    """Checkouts per second, and what one costs in milliseconds of a processor: here, and in the server."""

    per_second: float
    here: float
    there: float


async def paced(server: int, count: int, doing: Coroutine[Any, Any, None]) -> Pace:
    """The pace of so many checkouts; `server` is the pid of the server."""
    began, here, there = time.perf_counter(), time.process_time(), bench.processor_seconds(server)
    await doing
    here, there = time.process_time() - here, bench.processor_seconds(server) - there
    return Pace(count / (time.perf_counter() - began), 1000 * here / count, 1000 * there / count)


async def check_out_all(shop: Shop, tokens: Sequence[str]) -> None:
    """So many buyers at once."""
    waiting = iter(enumerate(tokens))

    async def shopper() -> None:
        for number, token in waiting:
            buyer.set(number)
            reply = await shop.as_(Guest(cart_token=token)).checkout.check_out(command=CheckOutCommand(), key="k")
            assert isinstance(reply.outcome, CheckedOut)

    await asyncio.gather(*(shopper() for _ in range(_BUYERS)))


async def write_all(database: AsyncDatabase[Any], checkouts: Sequence[list[Unit]]) -> None:
    """The same documents in the same transactions, by the driver alone."""
    waiting = iter(checkouts)

    async def writer() -> None:
        for units in waiting:
            for unit in units:
                await _write(database, unit)

    await asyncio.gather(*(writer() for _ in range(_BUYERS)))


async def _write(database: AsyncDatabase[Any], unit: Unit) -> None:
    if unit.transaction is None:
        for statement in unit.statements:
            await database.command({**statement, "writeConcern": _DURABLE.document})
        return

    async def body(session: AsyncClientSession) -> None:
        for statement in unit.statements:
            answer = await database.command(statement, session=session)
            assert not answer.get("writeErrors"), answer

    async with database.client.start_session() as session:
        await session.with_transaction(body, ReadConcern("snapshot"), _DURABLE)


async def measure(folder: Path, server: str, count: int) -> list[tuple[Pace, Pace]]:
    """Rounds of both, after one that does not count."""
    url = f"{server.rstrip('/')}/shop"
    settings = replace(
        bench.settings_of(folder), store_url=url, write_timeout_seconds=20.0, request_timeout_seconds=60.0
    )
    rounds = []
    async with AsyncMongoClient[Any](server) as client:
        pid = (await client.admin.command("serverStatus"))["pid"]
        for number in range(_ROUNDS + 1):
            async with Shop.open(settings) as shop:
                tokens = await bench.carts(shop, count)
                pace = await paced(pid, count, check_out_all(shop, tokens))
                tokens = await bench.carts(shop, count)
            await copied(client, "shop", "bare")
            recorder = await recorded(settings, tokens)
            rounds.append((pace, await paced(pid, count, write_all(client["bare"], recorder.kept()))))
            if number == 0:
                _show_statements(recorder, count)
    return rounds[1:]


async def recorded(settings: Settings, tokens: Sequence[str]) -> Recorder:
    """What these checkouts send. They are not timed: a driver that is listened to is slower."""
    with listening(Recorder()) as recorder:
        async with Shop.open(settings) as shop:
            await check_out_all(shop, tokens)
    return recorder


@contextlib.contextmanager
def listening(recorder: Recorder) -> Iterator[Recorder]:
    """Clients that are made meanwhile tell the recorder; the driver knows no way to end what `register` begins."""
    heard: list[CommandListener] = pymongo.monitoring._LISTENERS.command_listeners
    heard.append(recorder)
    try:
        yield recorder
    finally:
        heard.remove(recorder)


def _show_statements(recorder: Recorder, count: int) -> None:
    writes = sum(len(unit.statements) for units in recorder.kept() for unit in units)
    sent = {name: round(number / count, 1) for name, number in recorder.sent.most_common()}
    print(f"{'':<22} {sum(sent.values()):.1f} statements a checkout, {writes / count:.1f} write: {sent}")


def show(rounds: Sequence[tuple[Pace, Pace]]) -> None:
    """Two lines: by the clock, which is compared, and by the processors, which is told."""
    by_the_clock = [(ours.per_second, bare.per_second) for ours, bare in rounds]
    bench.show_ratio("checkouts", by_the_clock, unit="checkouts/s", bound="bare pymongo, same documents", aim=0.4)
    ours, bare = (
        [statistics.median(figures) for figures in zip(*column, strict=True)] for column in zip(*rounds, strict=True)
    )
    costs = "{:.1f} ms of a processor here and {:.1f} in the server"
    print(f"{'':<22} a checkout costs {costs.format(*ours[1:])}, a bare one {costs.format(*bare[1:])}")


def main() -> None:
    """Everything, on a server that is started for it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _CHECKOUTS
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, pymongo {pymongo.version}")
    with tempfile.TemporaryDirectory() as name, replica_set() as server:
        folder = Path(name)
        settings = replace(bench.settings_of(folder), store_url=f"{server.rstrip('/')}/shop")
        asyncio.run(bench.stock_of(settings))
        show(asyncio.run(measure(folder, server, count)))
        bench_cold.measure(folder, settings)


if __name__ == "__main__":
    main()
