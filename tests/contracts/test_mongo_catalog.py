"""What MongoDB alone is asked of the catalogue: searches of frequent words, plans that read indexes, bad documents."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.errors import WriteError
from structlog.testing import capture_logs
from tests.contracts.stores import Store, mongo_database, mongo_store

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.frequencies import Frequencies
from shopcore.adapters.mongo.listing import MongoProductListing, index_of, page_steps
from shopcore.adapters.mongo.product_places import EVERYTHING, filters_asked
from shopcore.adapters.mongo.schema.catalog import LISTED, PRODUCTS
from shopcore.catalog.model import (
    Product,
    ProductFilter,
    ProductSort,
    ProductStatus,
    archive,
    measured_title,
    relevance,
    searched_texts,
    words_in,
)
from shopcore.catalog.ports import Categories, ProductListing, Products
from shopcore.kernel.paging import Position
from shopcore.kernel.stores import StoreUnusable
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


NONSENSE: dict[str, dict[str, Any]] = {
    "a price that is a text": {"variants.0.prices.USD.price.amount": "ten"},
    "a price with a fraction": {"variants.0.prices.USD.price.amount": 9.99},
    "a currency that is none": {"variants.0.prices.USD.price.currency": 7},
    "a status that is none": {"status": "sold"},
    "tags that are no list": {"tags": "red"},
    "attributes that are no pairs": {"attributes": [["Material"]]},
    "a date that is none": {"created_at": "yesterday"},
    "a variant that is none": {"variants.0": 7},
}


@pytest.mark.parametrize("edit", NONSENSE.values(), ids=NONSENSE)
async def test_a_product_that_somebody_edited_into_nonsense_is_named(
    mongo: Store, database: MongoDatabase, edit: dict[str, Any]
) -> None:
    """Who asks for it is told which document, and what to do; lists and searches show the others, and log its name."""
    await mongo.products.add(a_product("good"))
    await mongo.products.add(a_product("bad", minutes=1))
    await database.collection(PRODUCTS).update_one({"_id": "bad"}, {"$set": edit}, bypass_document_validation=True)

    with capture_logs() as logs:
        page = await mongo.listing.page(USD, ProductSort.NEWEST, None, 10)
        hits = await mongo.listing.search("1", USD, None, 10)
    with pytest.raises(StoreUnusable, match=r"products/bad is not what a shop wrote \(.*\); mend it, or restore it"):
        await mongo.products.get_by_slug("bad")

    assert [one.id for one in page.items] == [one.id for one in hits.items] == ["good"]
    assert [log["product"] for log in logs if log["event"] == "product_unreadable"] == ["bad", "bad"]
    assert (await mongo.products.get_by_slug("good")).title == "Good"


async def test_the_server_refuses_what_is_no_product(mongo: Store, database: MongoDatabase) -> None:
    """By its validator: an edit by hand has to say that it wants to go past it."""
    await mongo.products.add(a_product("shirt"))

    with pytest.raises(WriteError, match="Document failed validation"):
        await database.collection(PRODUCTS).update_one({"_id": "shirt"}, {"$set": {"status": "sold"}})


@pytest.mark.parametrize("sort", ProductSort)
async def test_a_page_reads_no_more_than_it_shows(mongo: Store, database: MongoDatabase, sort: ProductSort) -> None:
    """The first page and the next: as many keys of an index as products, whatever is filtered by."""
    for number in range(40):
        shirt = a_product(f"p{number:02}", minutes=number)
        await mongo.products.add(msgspec.structs.replace(shirt, brand="Acme", tags=("red",)))

    server = database.collection(LISTED).database
    for wanted in (USD, ProductFilter(currency="USD", brand="Acme"), ProductFilter(currency="USD", tag="red")):
        first = await mongo.listing.page(wanted, sort, None, 5)
        for after in (None, first.next_position):
            steps = page_steps(wanted, sort, after, 5, next(iter(filters_asked(wanted)), EVERYTHING))
            command = {"aggregate": LISTED.name, "pipeline": steps, "cursor": {}, "hint": index_of(sort)}
            plan = await server.command({"explain": command, "verbosity": "executionStats"})
            assert examined(plan) <= 8, (wanted, after)


async def test_several_filters_are_followed_along_the_rarest(mongo: Store, database: MongoDatabase) -> None:
    """Forty red products, of which two are of a brand: two are looked at. What is rarest is counted once a minute."""
    for number in range(40):
        shirt = a_product(f"p{number:02}", minutes=number)
        brand = "Acme" if number in {3, 7} else "Other"
        await mongo.products.add(msgspec.structs.replace(shirt, brand=brand, tags=("red",)))
    wanted = ProductFilter(currency="USD", brand="Acme", tag="red")
    time, filters = [0.0], filters_asked(ProductFilter(currency="USD", brand="Other", tag="red"))
    frequencies = Frequencies(now=lambda: time[0])

    page = await mongo.listing.page(wanted, ProductSort.NEWEST, None, 5)
    steps = page_steps(wanted, ProductSort.NEWEST, None, 5, filters_asked(wanted)[0])
    command = {"aggregate": LISTED.name, "pipeline": steps, "cursor": {}, "hint": index_of(ProductSort.NEWEST)}
    plan = await database.collection(LISTED).database.command({"explain": command, "verbosity": "executionStats"})
    rarest = [await frequencies.rarest(database.collection(LISTED), None, filters)]
    for number in (3, 7):
        await mongo.products.update(
            a_product(f"p{number:02}").id, lambda old: msgspec.structs.replace(old, brand="Other", tags=())
        )
    for time[0] in (59.0, 61.0):
        rarest.append(await frequencies.rarest(database.collection(LISTED), None, filters))

    assert [one.id for one in page.items] == ["p07", "p03"]
    assert examined(plan) <= 3
    assert rarest == ["brand/Other", "brand/Other", "tag/red"]


def examined(plan: Any) -> int:
    """The keys that the first stage of an aggregation looked at."""
    stats: int = plan["stages"][0]["$cursor"]["executionStats"]["totalKeysExamined"]
    return stats
