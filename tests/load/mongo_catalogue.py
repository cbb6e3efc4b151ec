"""A made-up catalogue of any size, written to MongoDB as the repository would write it, in bulk."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from bson.int64 import Int64
from pymongo import MongoClient
from tests.mongod import started

from shopcore.adapters.mongo.product_documents import product_document
from shopcore.adapters.mongo.product_places import row_of_search, rows_of_listing
from shopcore.adapters.mongo.schema.catalog import CATEGORIES, LISTED, PRODUCTS, SEARCHED
from shopcore.adapters.mongo.schema.declaration import Document
from shopcore.adapters.mongo.schema.index_builds import index_model
from shopcore.catalog.model import Price, Product, ProductStatus, Variant
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId, uuid7
from shopcore.kernel.money import Money

BATCH = 1_000
_CHEAPEST, PRICES = 100, 19_900  # each as likely as the others
DATABASE = "shop"
CACHE_GB = 4.0  # a million products are six gigabytes: the indexes that a shop reads fit, the products do not
FILLED = (PRODUCTS, LISTED, SEARCHED)
_PROCESSES = 2
_QUICK = ("--setParameter", "maxIndexBuildMemoryUsageMegabytes=2000")
KINDS = ("shirt", "shoe", "lamp", "chair", "mug", "jacket", "scarf", "table", "plate", "bag", "hat", "sock")
COLOURS = ("red", "blue", "green", "black", "white", "amber", "violet", "grey")
MATTERS = ("cotton", "wool", "oak", "steel", "linen", "leather", "glass", "paper")
PLACES = ("kitchen", "garden", "office", "travel", "winter", "summer", "children", "party")
_TEXT = (
    "made with care for people who like things that last and age well in daily use under sun rain and wind "
    "packed without plastic sent from our own house washed dried folded tested twice signed by hand"
).split()
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def products(count: int, numbers: Iterable[int]) -> Iterator[Product]:
    """Some of that many, each always the same: `item` stands in every title, a series in a hundred."""
    for number in numbers:
        yield _product(number, count, random.Random(number))


def _product(number: int, count: int, chance: random.Random) -> Product:
    kind, colour, matter = chance.choice(KINDS), chance.choice(COLOURS), chance.choice(MATTERS)
    created = _BEGAN + timedelta(seconds=number)
    product_id = uuid7(int(created.timestamp() * 1000), chance.getrandbits(74))
    variant_id = uuid7(int(created.timestamp() * 1000), chance.getrandbits(74))
    words = [chance.choice(_TEXT) for _ in range(12)]
    price = chance.randrange(_CHEAPEST, _CHEAPEST + PRICES)
    series = number % max(count // 100, 1)
    return Product(
        id=ProductId(product_id),
        slug=f"item-{number}",
        title=f"{colour.title()} {matter} {kind} item s{series:x}",
        description=f"<p>A quality {kind} for the {chance.choice(PLACES)}, {' '.join(words)}.</p>",
        brand=f"Brand{chance.randrange(50)}",
        tags=(colour, matter, f"group{chance.randrange(200)}"),
        category_ids=(CategoryId(f"leaf-{chance.randrange(40)}"),),
        status=ProductStatus.ACTIVE,
        created_at=created,
        updated_at=created,
        variants=(
            Variant(
                id=VariantId(variant_id),
                sku=Sku(f"N{number}"),
                title="",
                prices={"USD": Price(price=Money(price, "USD"))},
                weight_grams=300,
            ),
        ),
    )


def fill(folder: Path, count: int, say: Callable[[str], None]) -> None:
    """Write them into a new data folder of MongoDB, as quickly as can be: by two processes, into a server that is no
    replica set yet and keeps no journal, and each collection's indexes in one go at the end.
    """
    began = time.perf_counter()

    def tell(what: str) -> None:
        say(f"{what} after {time.perf_counter() - began:.0f} s")

    with started("--nojournal", *_QUICK, folder=folder, cache_gb=CACHE_GB) as (_, port):
        url = f"mongodb://127.0.0.1:{port}/"
        with MongoClient[Document](url) as client, ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
            client[DATABASE][CATEGORIES.name].insert_many(_categories())
            batches = range(0, count, BATCH)
            for done, _ in enumerate(pool.map(partial(_write, url, count), batches), 1):
                if done % 50 == 0:
                    tell(f"{done * BATCH:,} products")
            for declared in FILLED:
                client[DATABASE][declared.name].create_indexes([index_model(index) for index in declared.indexes])
                tell(f"the indexes of {declared.name}")
            client.admin.command("fsync")


def _write(url: str, count: int, first: int) -> None:
    """One batch, by whichever process is free."""
    batch = list(products(count, range(first, min(first + BATCH, count))))
    above = {one.id: sorted({one.category_ids[0], f"top-{int(one.category_ids[0][5:]) % 8}"}) for one in batch}
    unrated: Document = {"rating_average": Int64(0), "rating_count": Int64(0)}
    documents: dict[str, list[Document]] = {
        PRODUCTS.name: [product_document(one) for one in batch],
        LISTED.name: [{**row, **unrated} for one in batch for row in rows_of_listing(one, above[one.id])],
        SEARCHED.name: [row for one in batch if (row := row_of_search(one, above[one.id])) is not None],
    }
    with MongoClient[Document](url) as client:
        for name, rows in documents.items():
            client[DATABASE][name].insert_many(rows, ordered=False, bypass_document_validation=True)


def _categories() -> list[Document]:
    tops = [(f"top-{n}", None) for n in range(8)]
    leaves = [(f"leaf-{n}", f"top-{n % 8}") for n in range(40)]
    return [
        {"_id": name, "slug": name, "title": name.title(), "parent_id": parent, "position": Int64(0)}
        for name, parent in [*tops, *leaves]
    ]
