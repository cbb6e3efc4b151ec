"""How the catalogue on MongoDB bears a million products: `nox -s bench -- mongo [folder]`.

It fills a database of a thousand and one of a million (which takes half an hour on two busy processors; a folder that
is named is kept, and used again), and asks both the same, through the ports, twice, of which the second time counts: a
shop that is used has in memory what is asked for. Listings and details are asked of both sizes in turns, so that a busy
neighbour disturbs both alike. Of searches the processor time of server and client together stands beside the clock's.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.load.bench import processor_seconds
from tests.load.mongo_catalogue import fill
from tests.mongod import initiate, started

from shopcore.adapters.local.chance import LocalChance
from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.listing import MongoProductListing
from shopcore.adapters.mongo.products import MongoProducts
from shopcore.catalog.model import ProductFilter, ProductSort

SMALL, LARGE = 1_000, 1_000_000
CACHE_GB = 2.0
ROUNDS = 60
SEARCHES = 20
USD = ProductFilter(currency="USD")
FILTERS: dict[str, Callable[[random.Random], ProductFilter]] = {
    "no filter": lambda _: USD,
    "brand": lambda chance: ProductFilter(currency="USD", brand=f"Brand{chance.randrange(50)}"),
    "tag": lambda chance: ProductFilter(currency="USD", tag=chance.choice(("red", "blue", "oak", "steel"))),
    "category": lambda chance: ProductFilter(currency="USD", category=f"top-{chance.randrange(8)}"),
    "category, tag, price": lambda chance: ProductFilter(
        currency="USD", category=f"leaf-{chance.randrange(40)}", tag="red", min_price=1_000, max_price=15_000
    ),
}
_RARE = ("in a hundred titles", lambda chance: f"s{chance.randrange(10_000):x}")
_ONE = ("one SKU", lambda chance: f"n{chance.randrange(LARGE)}")
TEXTS: tuple[tuple[str, Callable[[random.Random], str], ProductFilter], ...] = (
    (*_ONE, USD),
    (*_RARE, USD),
    ("in a hundred titles, and every other word", lambda chance: f"s{chance.randrange(10_000):x} item quality", USD),
    ("every product", lambda _: "item", USD),
    ("every product, a beginning", lambda chance: chance.choice(("it", "i", "qual", "q")), USD),
    ("one in twelve", lambda chance: chance.choice(("shirt", "lamp", "mug", "jacket")), USD),
    (
        "one in eight and one in twelve",
        lambda chance: f"{chance.choice(('red', 'blue'))} {chance.choice(('mug', 'hat'))}",
        USD,
    ),
    ("two that all have", lambda _: "item quality", USD),
    ("four that all have", lambda _: "item quality for the", USD),
    ("all have it; a brand", lambda _: "item", ProductFilter(currency="USD", brand="Brand7")),
    (
        "two that all have; category, tag",
        lambda _: "item quality",
        ProductFilter(currency="USD", category="top-3", tag="red"),
    ),
    ("all have it; a tag of one in 200", lambda _: "quality", ProductFilter(currency="USD", tag="group7")),
    ("all have it; prices", lambda _: "item", ProductFilter(currency="USD", min_price=15_000, max_price=16_000)),
    ("one in twelve; in stock", lambda _: "shirt", ProductFilter(currency="USD", in_stock=True)),
)


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def server(folder: Path | None) -> Iterator[tuple[str, int]]:
    with tempfile.TemporaryDirectory(prefix="shop-scale-") as own:
        home = folder or Path(own)
        home.mkdir(parents=True, exist_ok=True)
        with started("--replSet", "shop", "--oplogSize", "512", folder=home, cache_gb=CACHE_GB, port=27_998) as (
            process,
            port,
        ):
            initiate(port)
            yield f"mongodb://127.0.0.1:{port}", process.pid
            process.terminate()  # a kill would be mended at the next start, which takes long with so much
            process.wait(120)


async def opened(url: str, count: int) -> MongoDatabase:
    database = await MongoDatabase.open(f"{url}/shop_{count}", chance=LocalChance().fraction, wait_seconds=3_600.0)
    if (await MongoProducts(database).page(None, None, 1)).items == []:
        say(f"filled {count:,} in {await fill(database, count, say):.0f} s")
    return database


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def shown(seconds: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th of a hundred, in milliseconds."""
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1000, ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000


async def compare_listings(small: MongoDatabase, large: MongoDatabase) -> None:
    for name, draw in FILTERS.items():
        for sort in (ProductSort.NEWEST, ProductSort.PRICE_ASC, ProductSort.NAME):
            seconds: dict[int, list[float]] = {SMALL: [], LARGE: []}
            wishes = [draw(random.Random(number)) for number in range(ROUNDS)]
            for wanted in (*wishes, *wishes):
                for size, database in ((SMALL, small), (LARGE, large)):
                    listing = MongoProductListing(database)
                    seconds[size].append(await timed(lambda: listing.page(wanted, sort, None, 20)))  # noqa: B023 - awaited here
            (few, few_95), (many, many_95) = shown(seconds[SMALL][ROUNDS:]), shown(seconds[LARGE][ROUNDS:])
            say(f"{name:22} {sort:10} {few:7.1f} ({few_95:5.1f}) {many:7.1f} ({many_95:5.1f}) ms   x {many / few:.2f}")


async def compare_details(small: MongoDatabase, large: MongoDatabase) -> None:
    chance, seconds = random.Random(6), {SMALL: list[float](), LARGE: list[float]()}
    for _ in range(ROUNDS * 5):
        for size, database in ((SMALL, small), (LARGE, large)):
            products, slug = MongoProducts(database), f"item-{chance.randrange(size)}"
            seconds[size].append(await timed(lambda: products.get_by_slug(slug)))  # noqa: B023 - awaited here
    (few, _), (many, _) = shown(seconds[SMALL]), shown(seconds[LARGE])
    say(f"{'detail, any product':33} {few:7.2f}         {many:7.2f}         ms   x {many / few:.2f}")


async def search(large: MongoDatabase, server_pid: int) -> None:
    listing = MongoProductListing(large)
    for name, draw, wanted in TEXTS:
        texts = [draw(random.Random(number)) for number in range(SEARCHES)]
        for text in texts:
            await listing.search(text, wanted, None, 20)
        seconds, total, worked = list[float](), "", processor_seconds(server_pid) + time.process_time()
        for text in texts:
            began = time.perf_counter()
            hits = await listing.search(text, wanted, None, 20)
            seconds.append(time.perf_counter() - began)
            total = f"{hits.total}{'' if hits.total_is_exact else ' and more'}"
        work = (processor_seconds(server_pid) + time.process_time() - worked) / SEARCHES * 1000
        median, worst = shown(seconds)
        say(f"{name:45} {median:6.0f} ms, p95 {worst:6.0f} ms, processors {work:6.0f} ms   ({total} hits)")


async def run(url: str, server_pid: int) -> None:
    small, large = await opened(url, SMALL), await opened(url, LARGE)
    say(f"\nListings of 20, median (p95)      {SMALL:,}           {LARGE:,}")
    await compare_listings(small, large)
    await compare_details(small, large)
    say(f"\nSearches of {LARGE:,}, a page of 20 with facets and total")
    await search(large, server_pid)
    await small.close()
    await large.close()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench mongo", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where the database is kept for another run")
    with server(parser.parse_args(arguments).folder) as (url, pid):
        asyncio.run(run(url, pid))


if __name__ == "__main__":
    main(sys.argv[1:])
