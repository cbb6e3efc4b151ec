"""What MongoDB alone is asked of the catalogue: plans that read indexes, and bad documents."""

from typing import Any

import msgspec
import pytest
from pymongo.errors import WriteError
from structlog.testing import capture_logs
from tests.contracts.mongo_catalogue import database, examined, mongo
from tests.contracts.stores import Store

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.listing import index_of
from shopcore.adapters.mongo.narrow_spans import NarrowSpans, Span
from shopcore.adapters.mongo.price_spans import SPREADS
from shopcore.adapters.mongo.product_places import MAX_COMBINATIONS
from shopcore.adapters.mongo.schema.catalog import LISTED, PRODUCTS
from shopcore.catalog.model import (
    ProductFilter,
    ProductSort,
)
from shopcore.kernel.ids import CategoryId
from shopcore.kernel.stores import StoreUnusable
from shopcore.testing.contracts.product_search import USD
from shopcore.testing.contracts.samples import a_category, a_product, a_variant

__all__ = ["database", "mongo"]

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace


NONSENSE: dict[str, dict[str, Any]] = {
    "a price that is a text": {"variants.0.prices.USD.price.amount": "ten"},
    "a price with a fraction": {"variants.0.prices.USD.price.amount": 9.99},
    "a currency that is none": {"variants.0.prices.USD.price.currency": 7},
    "a status that is none": {"status": "sold"},
    "tags that are no list": {"tags": "red"},
    "attributes that are no pairs": {"attributes": [["Material"]]},
    "a date that is none": {"created_at": "yesterday"},
    "a price below nothing": {"variants.0.prices.USD.price.amount": -500},
    "a price of another currency": {"variants.0.prices.USD.price.currency": "EUR"},
    "a price of no currency": {"variants.0.prices.XXQ": {"price": {"amount": 1, "currency": "XXQ"}}},
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
    """The first page and the next: as many keys of an index as products, whatever is filtered by; in the order of a
    price one more for each class of spread.
    """
    for number in range(40):
        shirt = a_product(f"p{number:02}", minutes=number)
        await mongo.products.add(replace(shirt, brand="Acme", tags=("red",)))

    server = database.collection(LISTED).database
    for wanted in (USD, ProductFilter(currency="USD", brand="Acme"), ProductFilter(currency="USD", tag="red")):
        first = await mongo.listing.page(wanted, sort, None, 5)
        for after in (None, first.next_position):
            assert await examined(server, wanted, sort, after) <= 8 + 2 * len(SPREADS), (wanted, after)


@pytest.mark.parametrize("sort", ProductSort)
async def test_what_meets_several_filters_is_not_searched_for(
    mongo: Store, database: MongoDatabase, sort: ProductSort
) -> None:
    """Of eighty products half are red, half of the brand, and four are both: four are read, not forty."""
    await mongo.categories.add(a_category("clothes"))
    for number in range(80):
        shirt = replace(
            a_product(f"p{number:02}", minutes=number),
            brand="Acme" if number < 40 else "Other",
            tags=("red",) if 36 <= number < 76 else (),
            category_ids=(CategoryId("clothes"),),
        )
        await mongo.products.add(shirt)

    server = database.collection(LISTED).database
    for category in (None, "clothes"):
        wanted = ProductFilter(currency="USD", category=category, brand="Acme", tag="red")
        page = await mongo.listing.page(wanted, sort, None, 5)
        assert {one.id for one in page.items} == {"p36", "p37", "p38", "p39"}
        assert await examined(server, wanted, sort, None) <= 8 + 2 * len(SPREADS)


async def test_what_has_too_many_tags_is_found_all_the_same(mongo: Store, database: MongoDatabase) -> None:
    """Not by all combinations, which would be tens of thousands of entries, but along one and through the rest."""
    await mongo.categories.add(a_category("clothes"))
    tags = tuple(f"tag{number}" for number in range(MAX_COMBINATIONS))
    for name, brand in (("a", "Acme"), ("b", "Other"), ("c", "Acme")):
        product = replace(a_product(name), brand=brand, category_ids=(CategoryId("clothes"),))
        await mongo.products.add(replace(product, tags=tags if name != "c" else tags[:1]))

    expected: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({"brand": "Acme", "tag": "tag7"}, ["a"]),
        ({"brand": "Acme", "tag": "tag0"}, ["c", "a"]),
        ({"brand": "Acme", "category": "clothes"}, ["c", "a"]),
        ({"brand": "Other", "category": "clothes", "tag": "tag9"}, ["b"]),
        ({"tag": "tag9"}, ["b", "a"]),
    )
    for asked, names in expected:
        page = await mongo.listing.page(ProductFilter(currency="USD", **asked), ProductSort.NEWEST, None, 5)
        assert [one.id for one in page.items] == names, asked
    entry = await database.collection(LISTED).find_one({"_id": "a/USD"})
    assert entry is not None
    assert len(entry["filters"]) < 3 * MAX_COMBINATIONS


async def test_what_most_of_them_meet_is_looked_for_in_its_order(mongo: Store, database: MongoDatabase) -> None:
    """Eight of eight with a brand meet a span, and eight of forty products: these are read whole, those are not."""
    for number in range(40):
        brand, price = ("Acme", 300) if number % 5 == 0 else (None, 900)
        variants = (a_variant(f"p{number:02}-1", usd=price),)
        await mongo.products.add(replace(a_product(f"p{number:02}"), brand=brand, variants=variants))
    listed = database.collection(LISTED)
    by_price, by_date = index_of(ProductSort.PRICE_ASC, USD), index_of(ProductSort.NEWEST, USD)

    answers = [
        await NarrowSpans().is_read_whole(
            listed,
            None,
            Span(
                met_by=[{"currency": "USD", "filters": found_by, "spread": 0, "low": 300}],
                index_of_prices=by_price,
                walked_along=[{"currency": "USD", "filters": found_by}],
                index_of_order=by_date,
            ),
        )
        for found_by in ("brand/Acme", "")
    ]

    assert answers == [False, True]
