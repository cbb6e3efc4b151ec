"""What SQLite alone is asked of the catalogue: plans that read indexes."""

import sqlite3
from collections.abc import Iterator

import pytest

from shopcore.adapters.sqlite.connections import MEMORY, connect
from shopcore.adapters.sqlite.listing import page_query
from shopcore.adapters.sqlite.migrations import migrate
from shopcore.adapters.sqlite.product_filters import parameters
from shopcore.adapters.sqlite.products import _FIND_SKUS, _FIND_VARIANTS, GET, GET_BY_SLUG
from shopcore.catalog.model import ProductFilter, ProductSort
from shopcore.testing.contracts.product_listing import FILTERS

# What a plan may walk from end to end: the page that was found, the categories below one, the keys asked for.
_SMALL = ("SCAN found", "SCAN below", "SCAN wanted")
_MANY_PRODUCTS = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
INSERT INTO products (id, slug, status, title_key, brand, created_at, version, body)
SELECT 'p' || n, 'p' || n, 'active', 'title ' || n, 'brand ' || (n % 50), n, 1, zeroblob(500) FROM numbers
"""
_MANY_PRICES = """
INSERT INTO product_prices SELECT number, 'USD', id, 1, number * 7 % 5000, number * 7 % 5000 FROM products
"""
_SORTS = "USE TEMP B-TREE FOR ORDER BY"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A store with ten thousand products."""
    opened = connect(MEMORY)
    migrate(opened)
    opened.execute(_MANY_PRODUCTS)
    opened.execute(_MANY_PRICES)
    yield opened
    opened.close()


def page_plan(
    connection: sqlite3.Connection, sort: ProductSort, wanted: ProductFilter, *, first: bool = True
) -> list[str]:
    """The steps that SQLite would take for a page."""
    values = {**parameters(wanted), "limit": 20, "after_0": "", "after_1": "", "after_2": ""}
    query = f"EXPLAIN QUERY PLAN {page_query(wanted, sort, first=first)}"
    return [row[3] for row in connection.execute(query, values)]


def plan(connection: sqlite3.Connection, query: str) -> list[str]:
    """The steps that SQLite would take for a look-up."""
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", ("[]",))]


def walks(steps: list[str]) -> list[str]:
    """The steps that read a whole table."""
    return [step for step in steps if step.startswith("SCAN") and not step.startswith(_SMALL)]


@pytest.mark.parametrize("analysed", [False, True])
@pytest.mark.parametrize("sort", ProductSort)
def test_no_listing_walks_a_table(connection: sqlite3.Connection, sort: ProductSort, analysed: bool) -> None:
    """Every listing searches an index, with and without SQLite's statistics; the first page may begin at its start."""
    if analysed:
        connection.execute("ANALYZE")
    for wanted in FILTERS:
        assert walks(page_plan(connection, sort, wanted, first=False)) == [], wanted
        first = walks(page_plan(connection, sort, wanted))
        assert [step for step in first if "SCAN products USING INDEX products_by_" not in step] == [], wanted


@pytest.mark.parametrize("sort", ProductSort)
def test_an_unfiltered_page_is_not_sorted(connection: sqlite3.Connection, sort: ProductSort) -> None:
    """Each order has its index: only the page that was found is put in order, not the catalogue."""
    assert page_plan(connection, sort, ProductFilter(currency="USD")).count(_SORTS) == 1


@pytest.mark.parametrize("query", [GET, GET_BY_SLUG])
def test_a_product_is_one_indexed_read(connection: sqlite3.Connection, query: str) -> None:
    """By id and by slug."""
    (step,) = plan(connection, query)

    assert step.startswith("SEARCH products USING INDEX")


@pytest.mark.parametrize("query", [_FIND_VARIANTS, _FIND_SKUS])
def test_a_look_up_of_many_searches_for_each(connection: sqlite3.Connection, query: str) -> None:
    """By variant and by SKU."""
    assert walks(plan(connection, query)) == []


def test_a_missing_index_is_noticed(connection: sqlite3.Connection) -> None:
    """The planted bug: without their indexes, an order is sorted and a look-up walks."""
    connection.execute("DROP INDEX products_by_name")
    connection.execute("DROP INDEX product_prices_by_lowest")
    connection.execute("DROP INDEX product_prices_by_highest")

    assert page_plan(connection, ProductSort.NAME, ProductFilter(currency="USD")).count(_SORTS) == 2
    assert walks(page_plan(connection, ProductSort.PRICE_ASC, ProductFilter(currency="USD"))) == ["SCAN product_prices"]
