"""How many payments a second the shop takes on MongoDB, of a gateway that answers in 200 ms: `bench payments 60`.

A payment is a checkout: the order, its stock, its ledger entries and its reply are written, and Stripe's own client
asks a gateway on loopback, twice (the intent, and its confirmation), of which each takes its 200 ms. Beside it stands
what the same loop reaches with these two calls alone: as many at once, through the same client, and no shop.

What a payment leaves to be done later (its stock, its mail, what is told to others) are jobs in the store. The aim is
about payments, so nobody does them meanwhile; a second run, in a shop of its own, has a worker beside it, and says how
many it did. No webhooks come, of which Stripe would send two for each payment.

All run in two processes, on the loop and with the collector of `shop serve`, as on a machine of two processors; what
the processors did is shown, because on a machine that the store and the gateway share with the shop they are what there
is not enough of. Bought is one of ninety things in turn; the rush (`test_rush_on_mongo.py`) is about one that everybody
wants.
"""

import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple

import pymongo
import uvloop
from msgspec.structs import replace
from tests.load import bench
from tests.load.slow_gateway import gateway
from tests.mongod import replica_set

from shop_http.collector import settle
from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.local.clock import SystemClock
from shopcore.adapters.stripe.gateway import StripeGateway
from shopcore.adapters.stripe.link import connected
from shopcore.checkout.model import CheckedOut, CheckOutCommand, PaymentChoice
from shopcore.inventory.model import StockPolicy
from shopcore.kernel.actor import Guest
from shopcore.kernel.ids import OrderId, PaymentId, Sku
from shopcore.kernel.instants import to_micros
from shopcore.kernel.money import Money
from shopcore.payments.model import Payment, PaymentState
from shopcore.settings import Settings
from shopcore.shop import Shop, owner

AIM = 100  # payments a second
PROCESSES = 2
AT_ONCE = 40  # in each process
SECONDS = 60
CACHE_GB = 2.0  # by default the server takes half of the memory, and at least 990 MB for its log
ALONE_SECONDS = 20  # at most: the calls alone are as fast at the end as at the beginning
CARTS = 160  # for each second: more than can be ordered
METHOD = "pm_card_visa"
SKUS = [Sku(f"SKU-{number}-{size}") for number in range(30) for size in ("S", "M", "L")]

Pay = Callable[[], Awaitable[None]]


class Lap(NamedTuple):
    """What one process did: when each payment was done, in seconds since the start, how long it took, and for how many
    seconds the processors were busy with it: for this process, and for those that serve all.
    """

    done_at: list[float]
    took: list[float]
    processor: float
    of_servers: list[float]


class Result(NamedTuple):
    """All processes together; costs are in milliseconds of a processor, for each payment."""

    per_second: float
    slowest_second: int
    median: float
    worst: float
    cost: float
    of_servers: list[float]


# --------------------------------------------------------------------------------------------------------- the loops

_start: Barrier


def _wait_for(barrier: Barrier) -> None:
    global _start  # noqa: PLW0603 - what a process of the pool is given when it begins
    _start = barrier


async def _lap(pay: Pay, seconds: float, servers: Sequence[int]) -> Lap:
    """So many at once, until the time is over; what is under way then is counted too, with its time."""
    done_at: list[float] = []
    took: list[float] = []
    settle()
    await asyncio.to_thread(_start.wait)
    began, spent = time.perf_counter(), time.process_time()
    before = [bench.processor_seconds(pid) for pid in servers]

    async def one_after_the_other() -> None:
        while (since := time.perf_counter()) - began < seconds:
            await pay()
            done_at.append(time.perf_counter() - began)
            took.append(time.perf_counter() - since)

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    after = [bench.processor_seconds(pid) for pid in servers]
    of_servers = [now - was for was, now in zip(before, after, strict=True)]
    return Lap(done_at, took, time.process_time() - spent, of_servers)


async def stock_of(settings: Settings) -> None:
    """Ninety things, of each of which all is counted that is bought."""
    await bench.stock_of(settings)
    async with Shop.open(settings) as shop:
        for sku in SKUS:
            await shop.as_(owner()).stock.set_rules(sku=sku, tracked=True, policy=StockPolicy.DENY)
            await shop.as_(owner()).stock.adjust(sku=sku, to=100_000, reason="delivery")


async def _through_the_shop(settings: Settings, seconds: float, servers: Sequence[int]) -> Lap:
    async with Shop.open(settings) as shop:
        tokens = iter(await bench.carts(shop, int(seconds * CARTS / PROCESSES), SKUS))
        command = CheckOutCommand(payment=PaymentChoice(method=METHOD))

        async def pay() -> None:
            reply = await shop.as_(Guest(cart_token=next(tokens))).checkout.check_out(command=command, key="k")
            assert isinstance(reply.outcome, CheckedOut)
            assert reply.outcome.payment is not None
            assert reply.outcome.payment.state is PaymentState.SUCCEEDED

        return await _lap(pay, seconds, servers)


async def _alone(settings: Settings, seconds: float, servers: Sequence[int]) -> Lap:
    clock = SystemClock()
    way = connected(
        settings.stripe_secret_key or "",
        LocalChance(),
        api_base=settings.stripe_api_base,
        deadline=settings.payment_timeout_seconds,
        calls_per_second=settings.stripe_calls_per_second,
    )
    async with way as link:
        stripe, numbers = StripeGateway(link, clock, webhook_secrets=()), count()

        async def pay() -> None:
            payment = Payment(
                id=PaymentId(f"payment-{os.getpid()}-{next(numbers)}"),
                order_id=OrderId("order"),
                gateway=stripe.name,
                method=METHOD,
                amount=Money(1_000, "USD"),
                created_at=clock.now(),
                updated_at=clock.now(),
            )
            assert (await stripe.begin(payment)).state is PaymentState.SUCCEEDED

        return await _lap(pay, seconds, servers)


def through_the_shop(settings: Settings, seconds: float, servers: Sequence[int]) -> Lap:
    """In a process of its own."""
    return uvloop.run(_through_the_shop(settings, seconds, servers))


def alone(settings: Settings, seconds: float, servers: Sequence[int]) -> Lap:
    """In a process of its own."""
    return uvloop.run(_alone(settings, seconds, servers))


async def _work(settings: Settings) -> None:
    async with Shop.open(settings) as shop:
        await shop.run_worker()


def work(settings: Settings) -> None:
    """A worker, until it is ended."""
    uvloop.run(_work(settings))


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """A worker beside, in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=(settings,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def jobs_of(settings: Settings) -> tuple[int, int]:
    """How many were done, and how many are due and wait."""
    with pymongo.MongoClient[dict[str, Any]](settings.store_url) as client:
        jobs = client.get_default_database()["jobs"]
        return jobs.count_documents({"done": {"$type": "long"}}), jobs.count_documents({"due": {"$lte": now_micros()}})


def now_micros() -> int:
    """As jobs have it."""
    return to_micros(SystemClock().now())


def together(
    loop: Callable[[Settings, float, Sequence[int]], Lap], settings: Settings, seconds: float, *servers: int
) -> Result:
    """The same loop in all processes, begun at the same moment."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, _wait_for, (barrier,)) as pool:
        laps = list(pool.map(loop, *([each] * PROCESSES for each in (settings, seconds, servers))))
    done_at = sorted(at for lap in laps for at in lap.done_at)
    took = sorted(each for lap in laps for each in lap.took)
    full = [sum(second <= at < second + 1 for at in done_at) for second in range(1, int(seconds))]
    return Result(
        per_second=len(done_at) / done_at[-1],
        slowest_second=min(full, default=0),
        median=statistics.median(took),
        worst=took[int(len(took) * 0.99)],
        cost=1_000 * sum(lap.processor for lap in laps) / len(done_at),
        of_servers=[1_000 * each / len(done_at) for each in laps[0].of_servers],
    )


def show(name: str, result: Result) -> None:
    """One line."""
    print(
        f"{name:<22} {result.per_second:>7.1f} payments/s, {result.slowest_second} in the slowest second; one takes "
        f"{1_000 * result.median:.0f} ms in the median and {1_000 * result.worst:.0f} ms at p99, "
        f"and {result.cost:.1f} ms of a processor, {result.of_servers[0]:.1f} in the store and "
        f"{result.of_servers[1]:.1f} in the gateway"
    )


def main() -> None:
    """Everything, on servers that are started for it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print(
        f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, {PROCESSES * AT_ONCE} at once, {seconds:.0f} s"
    )
    with (
        tempfile.TemporaryDirectory() as name,
        replica_set(cache_gb=CACHE_GB, oplog_mb=990) as server,
        gateway() as (url, pid),
    ):
        with pymongo.MongoClient[dict[str, Any]](server) as client:
            mongod = client.admin.command("serverStatus")["pid"]
        settings = replace(
            bench.settings_of(Path(name)),
            store_url=f"{server.rstrip('/')}/shop",
            write_timeout_seconds=20.0,
            request_timeout_seconds=60.0,
            stripe_secret_key="sk_test_bench",
            stripe_webhook_secrets=("whsec_bench",),
            stripe_api_base=url,
            stripe_calls_per_second=10_000,
        )
        asyncio.run(stock_of(settings))
        ours = together(through_the_shop, settings, seconds, mongod, pid)
        bare = together(alone, settings, min(seconds, ALONE_SECONDS), mongod, pid)
        another = replace(settings, store_url=f"{server.rstrip('/')}/another")
        asyncio.run(stock_of(another))
        with working(another):
            beside = together(through_the_shop, another, min(seconds, ALONE_SECONDS), mongod, pid)
        (_, left), (done, waiting) = jobs_of(settings), jobs_of(another)
    show("through the shop", ours)
    show("the gateway alone", bare)
    show("with a worker beside", beside)
    print(f"{'':<22} {left} jobs are left by the first; beside the last {done} were done, and {waiting} wait")
    verdict = "reached" if ours.per_second >= AIM else "NOT reached"
    print(f"{'':<22} share {ours.per_second / bare.per_second:.2f}; aim {AIM} payments/s: {verdict}")


if __name__ == "__main__":
    main()
