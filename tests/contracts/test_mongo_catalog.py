"""What MongoDB alone is asked of the catalogue: searches of frequent words, plans that read indexes, bad documents."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import WriteError
from structlog.testing import capture_logs
from tests.contracts.stores import Store, mongo_database, mongo_store

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.listing import MongoProductListing, index_of, page_steps
from shopcore.adapters.mongo.narrow_spans import NarrowSpans, Span
from shopcore.adapters.mongo.price_spans import MOST_BANDS, SPREADS, band_of, bands_met, ranges_by, spread_of
from shopcore.adapters.mongo.product_places import MAX_COMBINATIONS
from shopcore.adapters.mongo.schema.catalog import LISTED, PRODUCTS, SEARCHED
from shopcore.adapters.mongo.search_frequent import BOUNDS, Bounds
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
from shopcore.kernel.ids import CategoryId
from shopcore.kernel.paging import Position
from shopcore.kernel.stores import StoreUnusable
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.testing.contracts.product_listing import every_page
from shopcore.testing.contracts.product_search import USD, ProductSearchContract
from shopcore.testing.contracts.samples import NOON, a_category, a_product, a_variant, of_its_own

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace

# Every word counts as frequent: by classes of relevance alone, or by a pool alone.
VISITED, POOLED = Bounds(few=0, visited=1_000_000, pooled=0), Bounds(few=0, visited=0)
TOO_SMALL = [Bounds(few=0, visited=some, pooled=others) for some, others in ((1, 0), (0, 1), (2, 3), (250, 2))]


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


@pytest.mark.parametrize("sort", [ProductSort.PRICE_ASC, ProductSort.PRICE_DESC])
async def test_a_span_of_prices_is_a_range_of_its_order(
    mongo: Store, database: MongoDatabase, sort: ProductSort
) -> None:
    """What is cheaper and what is dearer is not walked over, whether or not a product's own prices differ."""
    for number in range(80):
        low = 1_000 + 100 * number
        variants = (
            a_variant(f"p{number:02}-1", usd=low),
            a_variant(f"p{number:02}-2", usd=low + low * (number % 2) // 5),
        )
        await mongo.products.add(replace(a_product(f"p{number:02}"), variants=variants))
    wanted = ProductFilter(currency="USD", min_price=5_000, max_price=5_200)
    server = database.collection(LISTED).database

    page = await mongo.listing.page(wanted, sort, None, 20)

    # Of one price 5,000 to 5,200; of two those whose span of a fifth meets it: from 4,167 on, and odd numbers alone.
    rising, falling = (33, 35, 37, 39, 40, 41, 42), (41, 39, 37, 35, 42, 33, 40)
    expected = rising if sort is ProductSort.PRICE_ASC else falling
    assert [one.id for one in page.items] == [f"p{number}" for number in expected]
    assert await examined(server, wanted, sort, None) <= 24


BANDED = [ProductSort.NEWEST, ProductSort.NAME, ProductSort.RATING]


@pytest.mark.parametrize("sort", BANDED)
async def test_a_span_of_prices_is_looked_for_in_its_bands(
    mongo: Store, database: MongoDatabase, sort: ProductSort
) -> None:
    """Of ninety products those of other prices are not walked over, in whatever order; nor is anything sorted at last.
    Some have two prices far apart: they stand in wider bands, and are found.
    """
    for number in range(90):
        low = 1_000 + 100 * number
        dearer = {7: low * 8, 20: low * 2, 33: low * 6 // 5}.get(number, low)
        variants = (a_variant(f"p{number:02}-1", usd=low), a_variant(f"p{number:02}-2", usd=dearer))
        shirt = replace(a_product(f"p{number:02}", minutes=number), brand="Acme", tags=("red",))
        await mongo.products.add(replace(shirt, variants=variants))
    server = database.collection(LISTED).database

    asked: tuple[dict[str, Any], ...] = ({}, {"brand": "Acme", "tag": "red"})
    for filters in asked:
        wanted = ProductFilter(currency="USD", min_price=5_000, max_price=5_200, **filters)
        page = await mongo.listing.page(wanted, sort, None, 4)
        rest = await mongo.listing.page(wanted, sort, page.next_position, 4)
        assert {one.id for one in (*page.items, *rest.items)} == {f"p{number:02}" for number in (7, 20, 33, 40, 41, 42)}
        for after in (None, page.next_position):
            plan = await explained(server, wanted, sort, page_steps(wanted, sort, after, 5))
            assert plan["executionStats"]["totalKeysExamined"] <= 70
            assert "'SORT'" not in str(plan["queryPlanner"]["winningPlan"])


async def test_a_narrow_span_is_read_whole_and_a_wide_one_looked_for(mongo: Store, database: MongoDatabase) -> None:
    """In an order that is no price's: pages are the same, and how many meet a span is counted once a minute."""
    for number in range(40):
        product = replace(a_product(f"p{number:02}", minutes=number), brand="Acme")
        variants = (a_variant(f"p{number:02}-1", usd=100 * (number % 10)),)
        await mongo.products.add(replace(product, variants=variants))
    wanted = ProductFilter(currency="USD", brand="Acme", min_price=300, max_price=400)
    expected, time = [f"p{number:02}" for number in (34, 33, 24, 23, 14, 13, 4, 3)], [0.0]
    spans = NarrowSpans(few=7, now=lambda: time[0])
    listed = database.collection(LISTED)
    acme: dict[str, Any] = {"currency": "USD", "filters": "brand/Acme"}
    by_price, by_date = index_of(ProductSort.PRICE_ASC, USD), index_of(ProductSort.NEWEST, USD)
    cheap = Span(met_by=[acme], index_of_prices=by_price, walked_along=[acme], index_of_order=by_date)

    for narrow in (NarrowSpans(few=8), NarrowSpans(few=7)):
        listing = MongoProductListing(database, narrow=narrow)
        shown = [one.id async for one in every_page(listing, wanted, ProductSort.NEWEST, limit=3)]
        assert shown == expected
    whole = [await spans.is_read_whole(listed, None, cheap)]
    rows = await listed.find().to_list()
    await listed.delete_many({"_id": {"$ne": "p00/USD"}})
    for time[0] in (59.0, 61.0):
        whole.append(await spans.is_read_whole(listed, None, cheap))
    await listed.delete_many({})
    await listed.insert_many(rows)
    for time[0] in (120.0, 122.0):
        whole.append(await spans.is_read_whole(listed, None, cheap))
    assert whole == [False, False, True, True, False]


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


SPANS = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(sorted)


@given(
    products=st.lists(SPANS, min_size=1, max_size=12),
    asked=st.lists(st.none() | st.integers(0, 400), min_size=2, max_size=2),
)
def test_the_ranges_of_a_span_are_what_meets_it(products: list[list[int]], asked: list[int | None]) -> None:
    """Every product that meets a span of prices is in the range of its class, and nothing else is, but what the other
    price tells apart.
    """
    wanted = ProductFilter(currency="USD", min_price=asked[0], max_price=asked[1])
    for low, high in products:
        row = {"low": low, "high": high, "spread": spread_of(low, high)}
        meets = (asked[0] is None or high >= asked[0]) and (asked[1] is None or low <= asked[1])

        for price in ("low", "high"):
            assert any(_is_in(row, each) for each in ranges_by(price, wanted)) is meets


def _is_in(row: dict[str, int], conditions: dict[str, Any]) -> bool:
    """What the server makes of such conditions."""
    told = {"$gte": int.__ge__, "$lte": int.__le__, "$eq": int.__eq__}
    return all(
        told[name](row[field], bound)
        for field, asked in conditions.items()
        for name, bound in (asked.items() if isinstance(asked, dict) else [("$eq", asked)])
    )


@given(
    products=st.lists(SPANS, min_size=1, max_size=12),
    asked=st.tuples(st.none() | st.integers(0, 400), st.integers(0, 400)),
    times=st.sampled_from([1, 1_000, 10**15]),
)
def test_the_bands_of_a_span_hold_what_meets_it(
    products: list[list[int]], asked: tuple[int | None, int], times: int
) -> None:
    """Whatever its prices are, also the dearest there may be; and a narrow one has bands, but never too many."""
    least, most = (None if bound is None else bound * times for bound in asked)
    bands = bands_met(ProductFilter(currency="USD", min_price=least, max_price=most))
    met = [each for each in products if (least is None or each[1] * times >= least) and each[0] * times <= (most or 0)]

    assert len(bands) <= MOST_BANDS
    assert not bands or {band_of(low * times, high * times) for low, high in met} <= set(bands)
    assert bands or least is None or least * 22 < 21 * (most or 0) or times == 1


async def explained(
    server: AsyncDatabase[Any], wanted: ProductFilter, sort: ProductSort, steps: list[dict[str, Any]]
) -> Any:
    """The plan of a page, and what it looked at."""
    command = {"aggregate": LISTED.name, "pipeline": steps, "cursor": {}, "hint": index_of(sort, wanted)}
    plan = await server.command({"explain": command, "verbosity": "executionStats"})
    return plan["stages"][0]["$cursor"]


async def examined(server: AsyncDatabase[Any], wanted: ProductFilter, sort: ProductSort, after: Position | None) -> int:
    """The keys that a page of five has to look at."""
    plan = await explained(server, wanted, sort, page_steps(wanted, sort, after, 5))
    keys: int = plan["executionStats"]["totalKeysExamined"]
    return keys
