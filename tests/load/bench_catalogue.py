"""Whether a large catalogue on MongoDB is as quick as a small one: the same looks at a thousand products and at a
million, `nox -s bench -- catalogue FOLDER`. A folder that was filled before is used again.

What is timed is the use case, on a catalogue that nobody else uses: the median of many looks, each at another product,
filter or word, so that no look finds what the one before has left in memory. Of searches the slowest one in twenty.
"""

import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from tests.load import bench
from tests.load.mongo_catalogue import CACHE_GB, COLOURS, DATABASE, KINDS, MATTERS, PLACES, fill
from tests.mongod import initiate, started

from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.catalog.model import ProductFilter, ProductSort
from shopcore.kernel.actor import Guest
from shopcore.settings import Settings
from shopcore.shop import Shop

SMALL, LARGE = 1_000, int(os.environ.get("BENCH_PRODUCTS", "1_000_000"))
_LOOKS = 60  # of each kind
_MOST = 1.5
_RARE_MS, _ANY_MS = 200, 1_000

Look = Callable[[Any, random.Random], Awaitable[object]]


def measure(folder: Path, settings: Settings) -> None:
    """Every look on both catalogues, side by side."""
    small = _measured(folder, SMALL, settings)
    large = _measured(folder, LARGE, settings)
    print(f"{'':<44} {SMALL:>10,} {LARGE:>10,} products")
    for name, figure in small.items():
        if name.startswith("search"):
            bound = _RARE_MS if "rare" in name else _ANY_MS
            verdict = "reached" if large[name] <= bound else "NOT reached"
            print(f"{name:<44} {figure:>7.1f} ms {large[name]:>7.1f} ms   p95 (aim under {bound} ms: {verdict})")
        else:
            ratio = large[name] / figure
            verdict = "reached" if ratio <= _MOST else "NOT reached"
            print(f"{name:<44} {figure:>7.1f} ms {large[name]:>7.1f} ms   {ratio:.2f} (aim at most {_MOST}: {verdict})")


def _measured(folder: Path, count: int, settings: Settings) -> dict[str, float]:
    with catalogue(folder, count) as url:
        return asyncio.run(_looks(replace(settings, store_url=url), count))


@contextmanager
def catalogue(folder: Path, count: int) -> Iterator[str]:
    """A server on a catalogue of so many products, which is filled when it is not there yet."""
    home = folder / f"products-{count}"
    whole = folder / f"products-{count}.whole"
    if not whole.exists():
        home.mkdir(parents=True)
        fill(home, count, lambda what: print(f"{'':<22} {what}", flush=True))
        whole.touch()
    with started("--replSet", "shop", "--oplogSize", "64", folder=home, cache_gb=CACHE_GB) as (_, port):
        _rename(port)
        initiate(port)
        yield f"mongodb://127.0.0.1:{port}/{DATABASE}"


def _rename(port: int) -> None:
    """A replica set that was started before has its member at the port of that time."""
    with MongoClient[Document]("127.0.0.1", port, directConnection=True) as client, suppress(OperationFailure):
        config = client.admin.command("replSetGetConfig")["config"]
        config["version"] += 1
        config["members"][0]["host"] = f"127.0.0.1:{port}"
        client.admin.command("replSetReconfig", config, force=True)


async def _looks(settings: Settings, count: int) -> dict[str, float]:
    async with Shop.open(settings) as shop:
        buyer = shop.as_(Guest()).catalog
        figures: dict[str, float] = {}
        searches = searches_of(count)
        for name, look in {**DETAILS, **LISTINGS, **searches}.items():
            chance = random.Random(name + str(count))
            took = sorted([await _took(look(buyer, chance)) for _ in range(_LOOKS)])
            figures[name] = took[-len(took) // 20] if name in searches else statistics.median(took)
        return figures


async def _took(look: Awaitable[object]) -> float:
    began = time.perf_counter()
    await look
    return (time.perf_counter() - began) * 1000


def _listing(sort: ProductSort, *, prices: tuple[int, int] | None = None, **filters: Sequence[str]) -> Look:
    async def look(buyer: Any, chance: random.Random) -> object:
        wanted = _filter(chance, filters)
        if prices is not None:
            wanted = replace(wanted, min_price=prices[0], max_price=prices[1])
        return await buyer.list_products(wanted=wanted, sort=sort, limit=20)

    return look


def _search(words: Sequence[Sequence[str]], **filters: Sequence[str]) -> Look:
    async def look(buyer: Any, chance: random.Random) -> object:
        text = " ".join(chance.choice(each) for each in words)
        return await buyer.search_products(text=text, wanted=_filter(chance, filters), limit=20)

    return look


def _filter(chance: random.Random, filters: Mapping[str, Sequence[str]]) -> ProductFilter:
    chosen: dict[str, Any] = {name: chance.choice(values) for name, values in filters.items()}
    return ProductFilter(currency="USD", **chosen)


async def _detail(buyer: Any, chance: random.Random) -> object:
    return await buyer.show_product(id_or_slug=f"item-{chance.randrange(SMALL)}")


_BRANDS = [f"Brand{number}" for number in range(50)]
_GROUPS = [f"group{number}" for number in range(200)]
_TOPS = [f"top-{number}" for number in range(8)]
_LEAVES = [f"leaf-{number}" for number in range(40)]
_LETTERS = list("abcdefghijklmnopqrstuvw")

DETAILS: dict[str, Look] = {"detail": _detail}
LISTINGS: dict[str, Look] = {
    **{f"listing of all, {sort.value}": _listing(sort) for sort in ProductSort},
    "listing by brand, newest": _listing(ProductSort.NEWEST, brand=_BRANDS),
    "listing by category, price": _listing(ProductSort.PRICE_ASC, category=_TOPS),
    "listing by tag, name": _listing(ProductSort.NAME, tag=COLOURS),
    "listing by price, price": _listing(ProductSort.PRICE_ASC, prices=(5_000, 6_000)),
    "listing by category and tag, newest": _listing(ProductSort.NEWEST, category=_TOPS, tag=_GROUPS),
    "listing by category and brand, name": _listing(ProductSort.NAME, category=_LEAVES, brand=_BRANDS),
    "listing by brand and tag, price": _listing(ProductSort.PRICE_ASC, brand=_BRANDS, tag=COLOURS),
    "listing by all three, name": _listing(ProductSort.NAME, category=_TOPS, brand=_BRANDS, tag=COLOURS),
    "listing by category, tag and price, name": _listing(
        ProductSort.NAME, category=_TOPS, tag=_GROUPS, prices=(5_000, 10_000)
    ),
}


def searches_of(count: int) -> dict[str, Look]:
    """Searches of a catalogue of that many. The rare words are series of the most digits, which begin no other: a
    hundred products each.
    """
    series = max(count // 100, 1)
    fewest = 16 ** (len(f"{series - 1:x}") - 1)
    rare = [f"s{number:x}" for number in range(fewest if series > 1 else 0, series)]
    return {
        "search, a rare word": _search([rare]),
        "search, a rare and a frequent word": _search([rare, ["item"]]),
        "search, a frequent word": _search([[*COLOURS, *KINDS, *MATTERS, "item", "quality"]]),
        "search, two frequent words": _search([COLOURS, [*KINDS, *MATTERS]]),
        "search, a letter": _search([_LETTERS]),
        "search, two letters": _search([_LETTERS, _LETTERS]),
        "search, a word by brand": _search([[*COLOURS, *PLACES]], brand=_BRANDS),
        "search, a word by category": _search([[*COLOURS, *PLACES]], category=_TOPS),
        "search, two words by category and tag": _search([KINDS, PLACES], category=_TOPS, tag=COLOURS),
        "search, a letter by brand": _search([_LETTERS], brand=_BRANDS),
    }


if __name__ == "__main__":
    measure(Path(sys.argv[1]), bench.settings_of(Path(sys.argv[1])))
