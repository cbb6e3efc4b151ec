"""Whether a large catalogue on MongoDB is as quick as a small one: the same looks at a thousand products and at a
million, `nox -s bench -- catalogue FOLDER`. A folder that was filled before is used again.

What is timed is the use case, on a catalogue that nobody else uses: the median of many looks, each at another product,
filter or word. Of a listing the ratio is that of second looks, since a thousand products are always in memory: what a
first look takes beyond that is the disk's. Of searches it is the first look, the slowest one in twenty.

A page of few products costs less than a full one wherever it is, so full pages are compared. A narrow span of prices is
as wide in the thousand as it takes to fill a page of them: both are looked for among what most others do not meet, and
both are shown in full. Where several filters leave less than a page of a thousand, a full page of the thousand in the
same order stands beside it.
"""

import asyncio
import math
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from tests.load import bench
from tests.load.mongo_catalogue import CACHE_GB, COLOURS, DATABASE, KINDS, MATTERS, PLACES, PRICES, fill
from tests.mongod import initiate, started

from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.catalog.model import ProductFilter, ProductSort
from shopcore.kernel.actor import Guest
from shopcore.kernel.errors import Unavailable
from shopcore.settings import Settings
from shopcore.shop import Shop

SMALL, LARGE = 1_000, int(os.environ.get("BENCH_PRODUCTS", "1_000_000"))
_LOOKS = 60  # of each kind
_SEARCHES = 40  # of each kind
_MOST = 1.5
_PAGE = 25  # products that fill a page of twenty, and show that there are more
_RARE_MS, _ANY_MS = 200, 1_000

Look = Callable[[Any, random.Random], Awaitable[object]]


class Figures(NamedTuple):
    """What the looks of one kind took, in milliseconds, and how many products a page of them had."""

    first: float
    again: float
    shown: float


def measure(folder: Path, settings: Settings) -> None:
    """Every look on both catalogues, in turns."""
    with catalogue(folder, SMALL) as small, catalogue(folder, LARGE) as large:
        asyncio.run(_compare([replace(settings, store_url=url) for url in (small, large)]))


async def _compare(places: Sequence[Settings]) -> None:
    async with Shop.open(places[0]) as small, Shop.open(places[1]) as large:
        print(f"{'':<44} {SMALL:>10,} {LARGE:>10,} products")
        of_few, of_many = ({**DETAILS, **listings_of(count)} for count in (SMALL, LARGE))
        for name, look in of_few.items():
            full = of_few.get(f"listing of all, {name.rpartition(', ')[2]}", look)
            one, other, whole = await _alternately(name, (small, look), (large, of_many[name]), (small, full))
            # What three filters leave of a thousand products fills no page; a full one takes longer wherever it is.
            bound = one.again if one.shown + 1 > other.shown else max(one.again, whole.again)
            ratio = other.again / bound
            verdict = "reached" if ratio <= _MOST else "NOT reached"
            shown = f"{one.shown:.0f} and {other.shown:.0f} shown, first looks {one.first:.1f} and {other.first:.1f} ms"
            print(
                f"{name:<44} {one.again:>7.1f} ms {other.again:>7.1f} ms   {ratio:.2f} ({verdict}; {shown})", flush=True
            )
        few, many = searches_of(SMALL), searches_of(LARGE)
        for name, look in few.items():
            one, other = await _alternately(
                name, (small, look), (large, many[name]), share=0.95, looks=_SEARCHES, is_again=False
            )
            bound = _RARE_MS if "rare" in name else _ANY_MS
            verdict = "reached" if other.first <= bound else "NOT reached"
            print(
                f"{name:<44} {one.first:>7.1f} ms {other.first:>7.1f} ms   p95 (aim under {bound} ms: {verdict})",
                flush=True,
            )


async def _alternately(
    name: str, *places: tuple[Shop, Look], share: float = 0.5, looks: int = _LOOKS, is_again: bool = True
) -> list[Figures]:
    """The same kind of look in both, one after the other, so that whatever else the machine does slows both."""
    chances = [random.Random(name) for _ in places]
    took: list[list[tuple[float, float, int]]] = [[] for _ in places]
    for _ in range(looks):
        for (shop, look), chance, times in zip(places, chances, took, strict=True):
            times.append(await _took(shop, look, chance, is_again=is_again))
    return [Figures(*(sorted(column)[int(len(column) * share)] for column in zip(*each, strict=True))) for each in took]


async def _took(shop: Shop, look: Look, chance: random.Random, *, is_again: bool) -> tuple[float, float, int]:
    buyer, state = shop.as_(Guest()).catalog, chance.getstate()
    began = time.perf_counter()
    try:
        found = await look(buyer, chance)
    except Unavailable:
        return math.inf, math.inf, 0  # not answered at all; the other looks are still measured
    between = time.perf_counter()
    if is_again:
        chance.setstate(state)
        await look(buyer, chance)
    again = time.perf_counter() - between
    return (between - began) * 1000, again * 1000, len(getattr(found, "items", ()))


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


def _listing(sort: ProductSort, *, prices: tuple[int, int] | None = None, **filters: Sequence[str]) -> Look:
    async def look(buyer: Any, chance: random.Random) -> object:
        return await buyer.list_products(wanted=_filter(chance, filters, prices), sort=sort, limit=20)

    return look


def _search(
    words: Sequence[Sequence[str]], *, prices: tuple[int, int] | None = None, **filters: Sequence[object]
) -> Look:
    async def look(buyer: Any, chance: random.Random) -> object:
        text = " ".join(chance.choice(each) for each in words)
        return await buyer.search_products(text=text, wanted=_filter(chance, filters, prices), limit=20)

    return look


def _filter(
    chance: random.Random, filters: Mapping[str, Sequence[object]], prices: tuple[int, int] | None
) -> ProductFilter:
    chosen: dict[str, Any] = {name: chance.choice(values) for name, values in filters.items()}
    low, high = prices or (None, None)
    return ProductFilter(currency="USD", min_price=low, max_price=high, **chosen)


async def _detail(buyer: Any, chance: random.Random) -> object:
    return await buyer.show_product(id_or_slug=f"item-{chance.randrange(SMALL)}")


_BRANDS = [f"Brand{number}" for number in range(50)]
_GROUPS = [f"group{number}" for number in range(200)]
_TOPS = [f"top-{number}" for number in range(8)]
_LEAVES = [f"leaf-{number}" for number in range(40)]
_LETTERS = list("abcdefghijklmnopqrstuvw")
_FREQUENT = [*COLOURS, *KINDS, *MATTERS, "item", "quality"]
_TEXT = ["with", "made", "for", "the", "and", "sun", "own", "by"]
_BEGINNINGS = (
    "i it ite item s b br bra bran brand g gr gro grou group q qu qua qual quali qualit quality f fo for t th the n a "
    "c w"
).split()

DETAILS: dict[str, Look] = {"detail": _detail}


def listings_of(count: int) -> dict[str, Look]:
    """Listings of a catalogue of that many, whose prices are spread evenly. The last word of each is its order."""
    ten, hundred = (max(prices, _PAGE * PRICES // count) for prices in (10, 100))
    return {
        **{f"listing of all, {sort.value}": _listing(sort) for sort in ProductSort},
        "listing by brand, newest": _listing(ProductSort.NEWEST, brand=_BRANDS),
        "listing by category, price_asc": _listing(ProductSort.PRICE_ASC, category=_TOPS),
        "listing by tag, name": _listing(ProductSort.NAME, tag=COLOURS),
        "listing by price, price_asc": _listing(ProductSort.PRICE_ASC, prices=(5_000, 6_000)),
        "listing by price, price_desc": _listing(ProductSort.PRICE_DESC, prices=(5_000, 6_000)),
        "listing by price, newest": _listing(ProductSort.NEWEST, prices=(5_000, 6_000)),
        "listing by a narrow price, newest": _listing(ProductSort.NEWEST, prices=(5_000, 5_000 + ten)),
        "listing by a hundred prices, newest": _listing(ProductSort.NEWEST, prices=(5_000, 5_000 + hundred)),
        "listing by category and tag, newest": _listing(ProductSort.NEWEST, category=_TOPS, tag=_GROUPS),
        "listing by category and brand, name": _listing(ProductSort.NAME, category=_LEAVES, brand=_BRANDS),
        "listing by brand and tag, price_asc": _listing(ProductSort.PRICE_ASC, brand=_BRANDS, tag=COLOURS),
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
        "search, a rare word and a letter": _search([rare, _LETTERS]),
        "search, a frequent word": _search([_FREQUENT]),
        "search, two frequent words": _search([COLOURS, [*KINDS, *MATTERS]]),
        "search, two words never together": _search([KINDS[:6], KINDS[6:]]),
        "search, words with accents": _search([["réd", "Blüe", "GRÉEN"], ["shírt", "chaîr"]]),
        "search, a letter": _search([_LETTERS]),
        "search, two letters": _search([_LETTERS, _LETTERS]),
        "search, three letters": _search([_LETTERS, _LETTERS, _LETTERS]),
        "search, a letter and a frequent word": _search([_LETTERS, _FREQUENT]),
        "search, ten frequent words": _search([["item"], ["quality"], COLOURS, MATTERS, KINDS, PLACES, *[_TEXT] * 4]),
        "search, the 32 most frequent beginnings": _search([[" ".join(_BEGINNINGS)]]),
        "search, 32 letters and words": _search([*[_LETTERS] * 16, *[_FREQUENT] * 16]),
        "search, a word by brand": _search([[*COLOURS, *PLACES]], brand=_BRANDS),
        "search, a word by category": _search([[*COLOURS, *PLACES]], category=_TOPS),
        "search, two words by category and tag": _search([KINDS, PLACES], category=_TOPS, tag=COLOURS),
        "search, a letter by brand": _search([_LETTERS], brand=_BRANDS),
        "search, a word by a narrow price": _search([_FREQUENT], prices=(5_000, 5_010)),
        "search, two letters by category and price": _search([_LETTERS, _LETTERS], category=_TOPS, prices=(500, 900)),
        "search, a letter in stock": _search([_LETTERS], in_stock=[True]),
        "search, a letter sold out": _search([_LETTERS], in_stock=[False]),
        "search, two frequent words sold out": _search([COLOURS, KINDS], in_stock=[False]),
    }


if __name__ == "__main__":
    measure(Path(sys.argv[1]), bench.settings_of(Path(sys.argv[1])))
