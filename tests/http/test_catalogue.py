"""Browsing over HTTP."""

from pathlib import Path

import httpx
import pytest
from tests.http.conftest import PRODUCTS, client_of, lasting, problem_of, settings_for

from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

LISTED = {
    *("id", "slug", "title", "brand", "status", "categories", "tags", "options", "media", "variants"),
    *("price_range", "rating", "created_at", "updated_at", "version"),
}


async def test_a_product_is_shown_by_slug_and_by_id_alike(client: httpx.AsyncClient) -> None:
    by_slug = await client.get("/products/plain-tee")
    by_id = await client.get(f"/products/{by_slug.json()['id']}")

    assert by_slug.status_code == 200
    assert by_slug.content == by_id.content


async def test_a_product_says_everything_that_the_contract_names(client: httpx.AsyncClient) -> None:
    product = (await client.get("/products/plain-tee")).json()

    assert set(product) == LISTED | {"description", "attributes"}
    assert product["description"] == "<p>Soft <b>cotton</b>.</p>"
    assert product["options"] == [{"name": "Size", "values": ["S", "M"]}]
    assert [each["title"] for each in product["categories"]] == ["Shirts"]
    assert product["price_range"] == {
        "min": {"amount": 1999, "currency": "USD"},
        "max": {"amount": 1999, "currency": "USD"},
    }
    assert product["rating"] == {"average": None, "count": 0}
    assert product["created_at"].endswith("Z")


async def test_a_variant_says_what_it_costs_and_whether_it_can_be_had(client: httpx.AsyncClient) -> None:
    small, medium = (await client.get("/products/plain-tee")).json()["variants"]
    (cap,) = (await client.get("/products/wool-cap")).json()["variants"]

    assert small["price"] == {"amount": 1999, "currency": "USD"}
    assert small["compare_at_price"] == {"amount": 2499, "currency": "USD"}
    assert small["weight_grams"] == 180
    assert small["availability"] == {"in_stock": True, "available": 5}
    assert "compare_at_price" not in medium
    assert medium["availability"] == {"in_stock": False, "available": 0}
    assert cap["availability"] == {"in_stock": True}


async def test_another_currency_shows_no_price_where_there_is_none(client: httpx.AsyncClient) -> None:
    product = (await client.get("/products/plain-tee?currency=EUR")).json()

    assert product["price_range"] is None
    assert {each["price"] for each in product["variants"]} == {None}


@pytest.mark.parametrize("name", ["secret-scarf", "old-sock", "nothing", "00000000-0000-7000-8000-000000000000", "%FF"])
async def test_a_draft_an_archived_and_an_unknown_product_are_the_same(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/products/{name}")

    assert answer.status_code == 404
    assert problem_of(answer)["code"] == "product_not_found"


async def test_a_list_shows_what_is_on_sale_without_descriptions(client: httpx.AsyncClient) -> None:
    page = (await client.get("/products?sort=name")).json()

    assert [each["slug"] for each in page["items"]] == ["plain-tee", "rain-coat", "wool-cap"]
    assert all(set(each) == LISTED for each in page["items"])
    assert page["next_cursor"] is None


async def test_pages_follow_each_other_by_cursor_and_by_link(client: httpx.AsyncClient) -> None:
    seen, address = [], "/products?sort=price_asc&limit=1&in_stock=true"
    while address:
        answer = await client.get(address)
        seen += [each["slug"] for each in answer.json()["items"]]
        link = answer.headers.get("link", "")
        assert bool(link) is (answer.json()["next_cursor"] is not None)
        address = link.partition(">")[0].removeprefix("<")

    assert seen == ["wool-cap", "plain-tee", "rain-coat"]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("brand=Gale", ["rain-coat"]),
        ("tag=cotton", ["plain-tee"]),
        ("category=hats", ["wool-cap"]),
        ("max_price=1999", ["plain-tee", "wool-cap"]),
        ("min_price=1999&max_price=1999", ["plain-tee"]),
        ("in_stock=false", []),
        ("currency=EUR&sort=price_asc", []),
    ],
)
async def test_a_list_is_filtered(client: httpx.AsyncClient, query: str, slugs: list[str]) -> None:
    page = (await client.get(f"/products?{query}")).json()

    assert sorted(each["slug"] for each in page["items"]) == slugs


async def test_a_search_answers_hits_facets_and_a_total(client: httpx.AsyncClient) -> None:
    found = (await client.get("/products/search?q=wool")).json()

    assert [each["slug"] for each in found["items"]] == ["wool-cap"]
    assert found["total"] == {"value": 1, "relation": "exact"}
    assert set(found["facets"]) == {"category", "brand", "tag", "price"}
    assert {"value": "wool", "count": 1} in found["facets"]["tag"]


async def test_categories_are_a_tree_and_each_has_its_page(client: httpx.AsyncClient) -> None:
    tree = (await client.get("/categories")).json()
    hats = (await client.get("/categories/hats")).json()

    assert {each["slug"] for each in tree["items"]} >= {"shirts", "hats", "coats"}
    assert (hats["title"], hats["ancestors"], hats["children"]) == ("Hats", [], [])
    assert problem_of(await client.get("/categories/none"))["code"] == "category_not_found"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("currency=XXX", "currency"),
        ("currency=usd", "currency"),
        ("min_price=-1", "min_price"),
        ("min_price=10.5", "min_price"),
        ("max_price=99999999999999999999", "max_price"),
        ("min_price=2&max_price=1", "min_price"),
        ("sort=cheapest", "sort"),
        ("colour=red", "colour"),
        ("cursor=made-up", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=%C3%A9", "cursor"),
    ],
)
async def test_a_bad_query_is_refused_naming_the_parameter(client: httpx.AsyncClient, query: str, field: str) -> None:
    for path in ("/products?", "/products/search?q=wool&"):
        answer = await client.get(path + query)
        if (path, query) == ("/products/search?q=wool&", "sort=cheapest"):
            assert problem_of(answer)["code"] == "unknown_parameter"

        assert answer.status_code == 422
        assert [error["field"] for error in problem_of(answer)["errors"]] == [field]


async def test_a_cursor_of_another_filter_is_refused(client: httpx.AsyncClient) -> None:
    cursor = (await client.get("/products?limit=1&tag=wool&sort=name")).json()["next_cursor"] or (
        await client.get("/products?limit=1&sort=name")
    ).json()["next_cursor"]

    assert (await client.get(f"/products?limit=1&sort=name&cursor={cursor}")).status_code == 200
    for other in ("sort=newest", "sort=name&brand=Gale", "sort=name&currency=EUR"):
        assert problem_of(await client.get(f"/products?limit=1&{other}&cursor={cursor}"))["code"] == "invalid_cursor"


async def test_a_search_needs_words(client: httpx.AsyncClient) -> None:
    for query in ("", "?q=", "?q=" + "x" * 201):
        answer = await client.get(f"/products/search{query}")

        assert answer.status_code == 422
        assert [error["field"] for error in problem_of(answer)["errors"]] == ["q"]


@pytest.mark.parametrize(
    "path", ["/products", "/products/search?q=wool", "/products/plain-tee", "/categories", "/categories/hats"]
)
async def test_who_has_the_bytes_is_told_so(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    other = await client.get(path, headers={"If-None-Match": '"other"'})

    assert first.headers["cache-control"] == "public, max-age=1"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.status_code == 200


async def test_a_change_of_a_product_is_seen_at_once(client: httpx.AsyncClient, shop: Shop) -> None:
    """The page may be kept for a second for its stock's sake, never for its price or its name."""
    product = (await client.get("/products/wool-cap")).json()
    await shop.as_(owner()).catalog.archive_product(product_id=product["id"])

    assert (await client.get("/products/wool-cap")).status_code == 404


@pytest.mark.sqlite_only
async def test_another_server_on_the_same_file_shows_a_change_at_once(tmp_path: Path) -> None:
    """A new price and a product that is gone, from pages that it has just kept."""
    settings = settings_for(tmp_path, **lasting(tmp_path))
    cheaper = tmp_path / "cheaper.csv"
    cheaper.write_text(PRODUCTS.read_text().replace("12.50", "9.99"))
    async with Shop.open(settings) as one, Shop.open(settings) as other:
        catalog = one.as_(owner()).catalog
        await catalog.import_products(file=one.product_file(PRODUCTS))
        async with client_of(one) as here, client_of(other) as there:
            kept = [(await each.get("/products/wool-cap")).json() for each in (here, there, there)]
            await catalog.import_products(file=one.product_file(cheaper))
            changed = (await there.get("/products/wool-cap")).json()
            await catalog.archive_product(product_id=changed["id"])
            gone = [(await each.get("/products/wool-cap")).status_code for each in (there, here)]
            listed = (await there.get("/products")).json()["items"]

    assert {product["variants"][0]["price"]["amount"] for product in kept} == {1250}
    assert changed["variants"][0]["price"]["amount"] == 999
    assert gone == [404, 404]
    assert "wool-cap" not in {product["slug"] for product in listed}
