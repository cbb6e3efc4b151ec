"""Searches of frequent words in MongoDB: by classes of relevance, and by a pool."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.mongo_catalogue import database, mongo
from tests.contracts.stores import Store

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.listing import MongoProductListing
from shopcore.adapters.mongo.schema.catalog import PRODUCTS, SEARCHED
from shopcore.adapters.mongo.search_frequent import BOUNDS, Bounds
from shopcore.catalog.model import (
    Product,
    ProductFilter,
    ProductStatus,
    archive,
    measured_title,
    relevance,
    searched_texts,
    words_in,
)
from shopcore.catalog.ports import Categories, ProductListing, Products
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.product_search import USD, ProductSearchContract
from shopcore.testing.contracts.samples import NOON, a_product, a_variant, of_its_own

__all__ = ["database", "mongo"]

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace


# Every word counts as frequent: by classes of relevance alone, or by a pool alone.
VISITED, POOLED = Bounds(few=0, visited=1_000_000, pooled=0), Bounds(few=0, visited=0)


TOO_SMALL = [Bounds(few=0, visited=some, pooled=others) for some, others in ((1, 0), (0, 1), (2, 3), (250, 2))]


class TestSearchOfFrequentWords(ProductSearchContract):
    """The same contract where every word counts as frequent, so that classes of relevance are visited for all."""

    @pytest.fixture
    def listing(self, database: MongoDatabase) -> ProductListing:
        return MongoProductListing(database, bounds=VISITED)

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
            replace(
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
    stored = [replace(one, status=ProductStatus.ACTIVE) for one in shelf]
    for product in stored:
        await mongo.products.add(product)
    expected = [one.id for one in sorted((one for one in stored if placed(one, text)), key=lambda one: rank(one, text))]

    for bounds in (VISITED, POOLED, BOUNDS, *TOO_SMALL):
        seen, is_exact = await every_hit(MongoProductListing(database, bounds=bounds), " ".join(text), USD)
        assert seen == expected if is_exact else seen == [one for one in expected if one in seen]
        assert is_exact or bounds in TOO_SMALL
    for product in stored:
        await mongo.products.update(product.id, lambda old: archive(old, NOON))


async def every_hit(listing: ProductListing, text: str, wanted: ProductFilter) -> tuple[list[str], bool]:
    """The hits of all pages, and whether the first one says that there are no others."""
    hits = await listing.search(text, wanted, None, 2)
    seen, is_exact = [str(one.id) for one in hits.items], hits.total_is_exact
    while hits.next_position is not None:
        hits = await listing.search(text, wanted, hits.next_position, 2)
        seen.extend(one.id for one in hits.items)
    return seen, is_exact


FILTERS = {
    "another word": ("red shoe", USD),
    "a brand": ("red", ProductFilter(currency="USD", brand="Acme")),
    "a price": ("red", ProductFilter(currency="USD", min_price=500, max_price=600)),
    "stock": ("red", ProductFilter(currency="USD", in_stock=False)),
}


@pytest.mark.parametrize(("text", "wanted"), FILTERS.values(), ids=FILTERS)
async def test_a_search_of_what_many_meet_looks_at_so_many_and_says_so(
    mongo: Store, database: MongoDatabase, text: str, wanted: ProductFilter
) -> None:
    """Sixty products are red, and sixty are what else is asked for, but none is both: forty are looked at, if that is
    the bound; and who asks is told that there may be some.
    """
    for number in range(60):
        await mongo.products.add(replace(a_product(f"red-{number:02}"), title="Red hat"))
        shoe = replace(a_product(f"shoe-{number:02}"), brand="Acme", variants=(a_variant(f"s{number}", usd=550),))
        await mongo.products.add(shoe)
    server = database.collection(PRODUCTS).database
    bounded = MongoProductListing(database, bounds=Bounds(few=0, visited=20, pooled=20))

    whole = await mongo.listing.search(text, wanted, None, 10)
    await server.command({"profile": 2})
    try:
        hits = await bounded.search(text, wanted, None, 10)
        await server.command({"profile": 0})
        looks = await server["system.profile"].find({"ns": f"{server.name}.{SEARCHED.name}"}).to_list()
    finally:
        await server.command({"profile": 0})
        await server["system.profile"].drop()

    assert (whole.items, whole.total_is_exact) == ((), True)
    assert (hits.items, hits.total, hits.total_is_exact, hits.next_position) == ((), 0, False, None)
    assert 0 < sum(look["docsExamined"] for look in looks) <= 40


async def test_hits_of_the_best_classes_come_before_those_of_a_pool(mongo: Store, database: MongoDatabase) -> None:
    """One shoe says in its title that it is red, and is written last; what the pool begins with says most of shoes."""
    for number in range(30):
        tagged = replace(a_product(f"p{number:02}"), title="Shoe", tags=("shoe",))
        await mongo.products.add(replace(tagged, description="Not red" if number % 2 else "Not blue"))
    for number in range(30):
        await mongo.products.add(replace(a_product(f"r{number:02}"), title="A red hat that is no boot"))
    await mongo.products.add(replace(a_product("z"), title="Red shoe"))
    bounded = MongoProductListing(database, bounds=Bounds(few=0, visited=200, pooled=10))

    seen, is_exact = await every_hit(bounded, "red shoe", USD)

    assert seen[0] == "z"
    assert len(seen) > 1
    assert not is_exact


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
