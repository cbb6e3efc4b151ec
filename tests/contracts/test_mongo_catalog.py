"""What MongoDB alone is asked of the catalogue: searches of frequent words, plans that read indexes, bad documents."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.stores import Store, mongo_database, mongo_store

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.listing import MongoProductListing
from shopcore.catalog.model import (
    Product,
    ProductStatus,
    archive,
    measured_title,
    relevance,
    searched_texts,
    words_in,
)
from shopcore.catalog.ports import Categories, ProductListing, Products
from shopcore.kernel.paging import Position
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.product_search import USD, ProductSearchContract
from shopcore.testing.contracts.samples import NOON, a_product, a_variant, of_its_own

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[MongoDatabase]:
    async with mongo_database(mongo_url) as opened:
        yield opened


@pytest.fixture
def mongo(database: MongoDatabase) -> Store:
    return mongo_store(database)


class TestSearchOfFrequentWords(ProductSearchContract):
    """The same contract where every word counts as frequent, so that classes of relevance are visited for all."""

    @pytest.fixture
    def listing(self, database: MongoDatabase) -> ProductListing:
        return MongoProductListing(database, few=0)

    @pytest.fixture
    def products(self, mongo: Store) -> Products:
        return mongo.products

    @pytest.fixture
    def categories(self, mongo: Store) -> Categories:
        return mongo.categories

    @pytest.fixture
    def unit_of_work(self, mongo: Store) -> UnitOfWork:
        return mongo.unit_of_work


WORDS = st.sampled_from(["re", "red", "redder", "shoe", "sho", "hat", "ha"])
TEXT = st.lists(WORDS, max_size=3).map(" ".join)


@st.composite
def shelves(draw: st.DrawFn) -> list[Product]:
    """Products whose few words stand here and there."""
    return [
        of_its_own(
            msgspec.structs.replace(
                a_product(f"p{number}"),
                title=draw(TEXT) or "x",
                brand=draw(TEXT),
                tags=tuple(draw(TEXT).split()),
                description=draw(TEXT),
                variants=(a_variant(f"p{number}", sku=draw(TEXT) or "y"),),
            )
        )
        for number in range(draw(st.integers(1, 8)))
    ]


@given(shelf=shelves(), text=st.lists(WORDS, min_size=1, max_size=3, unique=True))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_classes_come_in_the_order_of_relevance(
    mongo: Store, database: MongoDatabase, shelf: list[Product], text: list[str]
) -> None:
    """Whichever way a search goes, its hits stand as the model ranks them, on every page."""
    stored = [msgspec.structs.replace(one, status=ProductStatus.ACTIVE) for one in shelf]
    for product in stored:
        await mongo.products.add(product)
    expected = [one.id for one in sorted((one for one in stored if placed(one, text)), key=lambda one: rank(one, text))]

    for few in (0, 2_000):
        listing, seen = MongoProductListing(database, few=few), list[str]()
        after: Position | None = None
        while True:
            hits = await listing.search(" ".join(text), USD, after, 2)
            seen.extend(one.id for one in hits.items)
            after = hits.next_position
            if after is None:
                break
        assert seen == expected
    for product in stored:
        await mongo.products.update(product.id, lambda old: archive(old, NOON))


def placed(product: Product, text: list[str]) -> list[frozenset[str]]:
    """The columns that each word of the search stands in; nothing if one stands nowhere."""
    columns = {name: words_in(column) for name, column in searched_texts(product).items()}
    places = [
        frozenset(name for name, words in columns.items() if any(word.startswith(each) for word in words))
        for each in text
    ]
    return places if all(places) else []


def rank(product: Product, text: list[str]) -> tuple[int, int, str]:
    """Smaller is better."""
    return -relevance(placed(product, text)), measured_title(product), product.id
