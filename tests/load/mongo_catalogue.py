"""A made-up catalogue of any size, written to MongoDB as the repository would write it, in bulk."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bson.int64 import Int64
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.write_concern import WriteConcern

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.product_documents import product_document
from shopcore.adapters.mongo.product_places import row_of_search, rows_of_listing
from shopcore.adapters.mongo.schema.catalog import CATEGORIES, LISTED, PRODUCTS, SEARCHED
from shopcore.adapters.mongo.schema.declaration import Document, Index
from shopcore.catalog.model import Price, Product, ProductStatus, Variant
from shopcore.kernel.ids import CategoryId, ProductId, Sku, VariantId, uuid7
from shopcore.kernel.money import Money

BATCH = 1_000
_KINDS = ("shirt", "shoe", "lamp", "chair", "mug", "jacket", "scarf", "table", "plate", "bag", "hat", "sock")
_COLOURS = ("red", "blue", "green", "black", "white", "amber", "violet", "grey")
_MATTERS = ("cotton", "wool", "oak", "steel", "linen", "leather", "glass", "paper")
_PLACES = ("kitchen", "garden", "office", "travel", "winter", "summer", "children", "party")
_TEXT = (
    "made with care for people who like things that last and age well in daily use under sun rain and wind "
    "packed without plastic sent from our own house washed dried folded tested twice signed by hand"
).split()
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def products(count: int, *, seed: int = 1) -> Iterator[Product]:
    """That many, always the same: `item` stands in each title, a series in a hundred, a number in one."""
    chance = random.Random(seed)
    for number in range(count):
        yield _product(number, count, chance)


def _product(number: int, count: int, chance: random.Random) -> Product:
    kind, colour, matter = chance.choice(_KINDS), chance.choice(_COLOURS), chance.choice(_MATTERS)
    created = _BEGAN + timedelta(seconds=number)
    product_id = uuid7(int(created.timestamp() * 1000), chance.getrandbits(74))
    variant_id = uuid7(int(created.timestamp() * 1000), chance.getrandbits(74))
    words = [chance.choice(_TEXT) for _ in range(12)]
    price = chance.randrange(100, 20_000)
    series = number % max(count // 100, 1)
    return Product(
        id=ProductId(product_id),
        slug=f"item-{number}",
        title=f"{colour.title()} {matter} {kind} item s{series:x}",
        description=f"<p>A quality {kind} for the {chance.choice(_PLACES)}, {' '.join(words)}.</p>",
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


async def fill(database: MongoDatabase, count: int, say: Callable[[str], None]) -> float:
    """Write them, indexes last, as a migration of a large catalogue does; answers the seconds that it took."""
    began = time.perf_counter()
    goods, listed, searched = (database.collection(each) for each in (PRODUCTS, LISTED, SEARCHED))
    tops: list[Document] = [
        {"_id": f"top-{n}", "slug": f"top-{n}", "title": f"Top {n}", "parent_id": None} for n in range(8)
    ]
    leaves: list[Document] = [
        {"_id": f"leaf-{n}", "slug": f"leaf-{n}", "title": f"Leaf {n}", "parent_id": f"top-{n % 8}"} for n in range(40)
    ]
    await database.collection(CATEGORIES).insert_many([{**each, "position": Int64(0)} for each in (*tops, *leaves)])
    for each in (goods, listed, searched):
        await each.drop_indexes()
    unrated: Document = {"rating_average": Int64(0), "rating_count": Int64(0)}
    quick = [each.with_options(write_concern=WriteConcern(1)) for each in (goods, listed, searched)]
    for number, batch in enumerate(_batches(products(count))):
        above = {one.id: sorted({one.category_ids[0], f"top-{int(one.category_ids[0][5:]) % 8}"}) for one in batch}
        await quick[0].insert_many([product_document(one) for one in batch], ordered=False)
        rows = [{**row, **unrated} for one in batch for row in rows_of_listing(one, above[one.id])]
        await quick[1].insert_many(rows, ordered=False)
        found = [row_of_search(one, above[one.id]) for one in batch]
        await quick[2].insert_many([row for row in found if row is not None], ordered=False)
        if number % 50 == 49:
            say(f"{(number + 1) * BATCH:,} products after {time.perf_counter() - began:.0f} s")
    for declared, collection in ((PRODUCTS, goods), (LISTED, listed), (SEARCHED, searched)):
        for index in declared.indexes:
            await _build(collection, index)
            say(f"{declared.name}.{index.name} after {time.perf_counter() - began:.0f} s")
    return time.perf_counter() - began


async def _build(collection: AsyncCollection[Document], index: Index) -> None:
    partial: dict[str, Any] = {} if index.only is None else {"partialFilterExpression": index.only}
    await collection.create_index(index.spec, name=index.name, unique=index.unique, **partial)


def _batches(many: Iterator[Product]) -> Iterator[list[Product]]:
    while batch := list(itertools.islice(many, BATCH)):
        yield batch
