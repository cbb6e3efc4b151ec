"""Spans of prices in MongoDB: ranges of an index, and bands."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.mongo_catalogue import database, examined, explained, mongo
from tests.contracts.stores import Store

from shopcore.adapters.mongo.database import MongoDatabase
from shopcore.adapters.mongo.listing import MongoProductListing, index_of, page_steps
from shopcore.adapters.mongo.narrow_spans import NarrowSpans, Span
from shopcore.adapters.mongo.price_spans import MOST_BANDS, band_of, bands_met, ranges_by, spread_of
from shopcore.adapters.mongo.schema.catalog import LISTED
from shopcore.catalog.model import (
    ProductFilter,
    ProductSort,
)
from shopcore.testing.contracts.product_listing import every_page
from shopcore.testing.contracts.product_search import USD
from shopcore.testing.contracts.samples import a_product, a_variant

__all__ = ["database", "mongo"]

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace


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
