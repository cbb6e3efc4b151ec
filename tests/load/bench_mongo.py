"""How fast the shop is on MongoDB, beside its bound: `nox -s bench -- mongo`.

Checkouts per second, against a bare loop over the driver that writes the same documents in the same transactions: what
the shop's checkouts send is recorded, and sent again to a copy of the database as it was before. And product pages
that no cache has, against a bare `find_one` (`bench_cold`).
"""

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
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
from shopcore.shop import Shop

_CHECKOUTS = 240
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
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
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


async def check_out_all(shop: Shop, tokens: Sequence[str]) -> float:
    """Checkouts per second."""
    waiting = iter(enumerate(tokens))

    async def shopper() -> None:
        for number, token in waiting:
            buyer.set(number)
            reply = await shop.as_(Guest(cart_token=token)).checkout.check_out(command=CheckOutCommand(), key="k")
            assert isinstance(reply.outcome, CheckedOut)

    began = time.perf_counter()
    await asyncio.gather(*(shopper() for _ in range(_BUYERS)))
    return len(tokens) / (time.perf_counter() - began)


async def write_all(database: AsyncDatabase[Any], checkouts: Sequence[list[Unit]]) -> float:
    """The same documents in the same transactions, by the driver alone: checkouts per second."""
    waiting = iter(checkouts)

    async def writer() -> None:
        for units in waiting:
            for unit in units:
                await _write(database, unit)

    began = time.perf_counter()
    await asyncio.gather(*(writer() for _ in range(_BUYERS)))
    return len(checkouts) / (time.perf_counter() - began)


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


async def measure(folder: Path, server: str) -> list[tuple[float, float]]:
    """Rounds of both, after one that does not count."""
    url = f"{server.rstrip('/')}/shop"
    settings = replace(
        bench.settings_of(folder), store_url=url, write_timeout_seconds=20.0, request_timeout_seconds=60.0
    )
    rounds = []
    async with AsyncMongoClient[Any](server) as client:
        recorder = Recorder()
        pymongo.monitoring.register(recorder)
        for number in range(_ROUNDS + 1):
            recorder.forget()
            async with Shop.open(settings) as shop:
                tokens = await bench.carts(shop, _CHECKOUTS)
                await copied(client, "shop", "bare")
                speed = await check_out_all(shop, tokens)
            bare = await write_all(client["bare"], recorder.kept())
            rounds.append((speed, bare))
            if number == 0:
                writes = sum(len(unit.statements) for units in recorder.kept() for unit in units)
                sent = {name: round(count / _CHECKOUTS, 1) for name, count in recorder.sent.most_common()}
                print(
                    f"{'':<22} {sum(sent.values()):.1f} statements a checkout, {writes / _CHECKOUTS:.1f} write: {sent}"
                )
    return rounds[1:]


def main() -> None:
    """Everything, on a server that is started for it."""
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, pymongo {pymongo.version}")
    with tempfile.TemporaryDirectory() as name, replica_set() as server:
        folder = Path(name)
        settings = replace(bench.settings_of(folder), store_url=f"{server.rstrip('/')}/shop")
        asyncio.run(bench.stock_of(settings))
        rounds = asyncio.run(measure(folder, server))
        bench_cold.measure(folder, settings)
        bench.show_ratio("checkouts", rounds, unit="checkouts/s", bound="bare pymongo, same documents", aim=0.4)


if __name__ == "__main__":
    main()
