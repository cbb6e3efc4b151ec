"""How many jobs a worker does in a second, beside a bare loop of the same statements on the same store: `bench queue`.

The loop asks the store what the worker asks it, in the same transactions and as many at a time as a worker takes that
has much to do, and does nothing else: no jobs are decoded, decided on or encoded, and no errors, contexts or leases are
looked after. What the worker reaches of it is the ratio. Rounds of both take turns in one run, and their medians are
printed. In SQLite each has a file of its own: beside another process that writes, the shop's writer leaves the file
free for a moment after each transaction.
"""

import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bson.int64 import Int64
from pymongo import AsyncMongoClient, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from tests.mongod import replica_set

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.sqlite.connections import connect
from shopcore.jobs.steps.do_jobs import DoJobs
from shopcore.jobs.use_cases.work_jobs import WorkJobs
from shopcore.kernel.actor import System
from shopcore.kernel.jobs import NewJob
from shopcore.settings import Settings
from shopcore.shop import Shop

ROUNDS = 5
JOBS = 3_200  # of a round
AT_ONCE = 64

Round = Callable[[], Awaitable[float]]


async def fill(shop: Shop) -> None:
    """A round's jobs."""
    store = shop._store
    for _ in range(JOBS // 100):
        await store.unit_of_work(
            lambda: store.jobs.enqueue(*(NewJob(kind="bench", payload={"order_id": "o1"}) for _ in range(100)))
        )


def worker_of(shop: Shop) -> Round:
    """A worker whose handler has nothing to do."""

    async def nothing(_payload: Mapping[str, str]) -> None:
        return

    work = WorkJobs(
        queue=shop._store.queue,
        do_jobs=DoJobs(
            handlers={"bench": nothing}, clock=shop.clock, chance=LocalChance(), report=lambda job, error: None
        ),
        clock=shop.clock,
        ids=shop._world.ids,
    )

    async def done() -> float:
        await fill(shop)
        begun = time.perf_counter()
        count = 0
        while some := await work(System(kind="bench"), limit=AT_ONCE):
            count += some
        return count / (time.perf_counter() - begun)

    return done


def bare_sqlite(shop: Shop, path: Path) -> Round:
    """The statements of `adapters/sqlite/jobs.py`, and of the unit that each is, on a connection of its own."""

    async def done() -> float:
        await fill(shop)
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA temp_store = MEMORY")
            begun = time.perf_counter()
            while taken := _unit(connection, _lease):
                _unit(connection, partial(_settle, taken=taken))
            return JOBS / (time.perf_counter() - begun)

    return done


T = TypeVar("T")
_CHANGE = "UPDATE jobs SET state = ?, priority = ?, due_at = ?, done_at = ?, body = ? WHERE id = ?"


def _unit(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("PRAGMA data_version").fetchone()
    connection.execute("SAVEPOINT unit")
    value = work(connection)
    connection.execute("RELEASE unit")
    connection.execute("COMMIT")
    return value


def _lease(connection: sqlite3.Connection) -> list[tuple[str, bytes]]:
    now = time.time_ns() // 1000
    priority = connection.execute("SELECT max(priority) FROM jobs WHERE due_at IS NOT NULL").fetchone()[0]
    if priority is None:
        return []
    due = "SELECT id, body FROM jobs WHERE priority = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?"
    taken = connection.execute(due, (priority, now, AT_ONCE)).fetchall()
    lower = "SELECT max(priority) FROM jobs WHERE due_at IS NOT NULL AND priority < ?"
    connection.execute(lower, (priority,)).fetchone()
    rows = [("leased", priority, now + 30_000_000, None, body, name) for name, body in taken]
    connection.executemany(_CHANGE, rows)
    return taken


def _settle(connection: sqlite3.Connection, taken: list[tuple[str, bytes]]) -> None:
    now = time.time_ns() // 1000
    held = "SELECT id, body FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
    found = connection.execute(held, (json.dumps([name for name, _ in taken]),)).fetchall()
    connection.executemany(_CHANGE, [("done", 0, None, now, body, name) for name, body in found])


def bare_mongo(shop: Shop, jobs: AsyncCollection[dict[str, Any]]) -> Round:
    """The statements of `adapters/mongo/jobs.py` through the driver alone."""

    async def settle(taken: list[dict[str, Any]]) -> None:
        held = await jobs.find({"_id": {"$in": [each["_id"] for each in taken]}}).to_list()
        mark = shop.new_id()
        changes = [
            ReplaceOne(
                {"_id": each["_id"], "version": each["version"]},
                {
                    **each,
                    "state": "done",
                    "due": None,
                    "done": each["due"],
                    "lease": mark,
                    "version": Int64(each["version"] + 1),
                },
            )
            for each in held
        ]
        await jobs.bulk_write(changes, ordered=False)

    async def a_round() -> bool:
        due = jobs.find({"due": {"$lte": time.time_ns() // 1000, "$type": "long"}})
        found = await due.sort([("priority", -1), ("due", 1), ("_id", 1)]).limit(AT_ONCE).to_list()
        if not found:
            return False
        mark = shop.new_id()
        leased = [
            {
                **each,
                "state": "leased",
                "due": Int64(each["due"] + 30_000_000),
                "lease": mark,
                "version": Int64(each["version"] + 1),
            }
            for each in found
        ]
        guards = [{"_id": each["_id"], "version": each["version"]} for each in found]
        changes = [ReplaceOne(*each) for each in zip(guards, leased, strict=True)]
        await jobs.bulk_write(changes, ordered=False)
        ids = [each["_id"] for each in found]
        taken = await jobs.find({"_id": {"$in": ids}, "lease": mark}).to_list()
        await settle(taken)
        return True

    async def done() -> float:
        await fill(shop)
        begun = time.perf_counter()
        while await a_round():
            pass
        return JOBS / (time.perf_counter() - begun)

    return done


async def compare(name: str, worker: Round, bare: Round) -> None:
    """Rounds in turn, and what comes of them."""
    ours, bound = [], []
    for _ in range(ROUNDS):
        bound.append(await bare())
        ours.append(await worker())
    mine, most = statistics.median(ours), statistics.median(bound)
    print(f"{name}: {mine:,.0f} jobs/s of {most:,.0f} that a bare loop does: {mine / most:.2f}")
    print(f"  worker {', '.join(f'{each:,.0f}' for each in ours)}; loop {', '.join(f'{each:,.0f}' for each in bound)}")


async def on_sqlite(folder: Path) -> None:
    """In a file each."""
    async with (
        Shop.open(Settings(store_url=f"sqlite:///{folder}/shop.db", keys_file=str(folder / "shop.keys"))) as shop,
        Shop.open(Settings(store_url=f"sqlite:///{folder}/bare.db", keys_file=str(folder / "bare.keys"))) as bare,
    ):
        await compare("SQLite", worker_of(shop), bare_sqlite(bare, folder / "bare.db"))


async def on_mongo(folder: Path, server: str) -> None:
    """On a replica set of one."""
    address, question, options = server.partition("?")
    url = f"{address.rstrip('/')}/bench{question}{options}"
    async with (
        Shop.open(Settings(store_url=url, keys_file=str(folder / "mongo.keys"))) as shop,
        AsyncMongoClient[dict[str, Any]](url, w="majority", journal=True, readConcernLevel="majority") as client,
    ):
        await compare("MongoDB", worker_of(shop), bare_mongo(shop, client.get_default_database()["jobs"]))


def main() -> None:
    """Both stores."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(on_sqlite(Path(folder)))
        with replica_set() as server:
            asyncio.run(on_mongo(Path(folder), server))


if __name__ == "__main__":
    main()
