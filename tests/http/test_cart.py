"""A guest's cart over HTTP."""

import asyncio

import httpx
import pytest
from tests.http.conftest import ADDRESS, Fill, problem_of

pytestmark = pytest.mark.anyio


async def variant_of(client: httpx.AsyncClient, slug: str = "wool-cap") -> str:
    product = (await client.get(f"/products/{slug}")).json()
    return str(product["variants"][0]["id"])


async def test_the_first_item_makes_a_cart_and_answers_its_token_once(client: httpx.AsyncClient) -> None:
    made = await client.post("/cart/items", json={"variant_id": await variant_of(client), "quantity": 2})
    token = made.headers["x-cart-token"]
    shown = await client.get("/cart", headers={"X-Cart-Token": token})

    assert made.status_code == 200
    assert made.json()["token"] == token
    assert len(token) >= 22
    assert "token" not in shown.json()
    assert "x-cart-token" not in shown.headers


async def test_a_cart_says_what_it_holds_and_what_it_costs(client: httpx.AsyncClient, fill: Fill) -> None:
    cart = (await client.get("/cart", headers=await fill("TEE-S", 2))).json()
    (line,) = cart["lines"]

    assert line == {
        "id": line["variant_id"],
        "variant_id": line["variant_id"],
        "sku": "TEE-S",
        "title": line["title"],
        "quantity": 2,
        "unit_price": {"amount": 1999, "currency": "USD"},
        "line_total": {"amount": 3998, "currency": "USD"},
        "availability": {"in_stock": True, "available": 5},
    }
    assert set(cart["totals"]) == {"subtotal", "discount", "shipping", "tax", "total"}
    assert cart["totals"]["total"] == {"amount": 3998, "currency": "USD"}
    assert (cart["currency"], cart["coupon_codes"]) == ("USD", [])
    assert {problem["field"] for problem in cart["missing"]} >= {"email", "shipping_address", "shipping_method"}


async def test_a_line_is_set_and_removed(client: httpx.AsyncClient, fill: Fill) -> None:
    token, variant = await fill(), await variant_of(client)
    more = await client.put(f"/cart/items/{variant}", json={"quantity": 7}, headers=token)
    none = await client.put(f"/cart/items/{variant}", json={"quantity": 0}, headers=token)
    again = await client.delete(f"/cart/items/{variant}", headers=token)

    assert [line["quantity"] for line in more.json()["lines"]] == [7]
    assert none.json()["lines"] == []
    assert (again.status_code, problem_of(again)["code"]) == (404, "line_not_found")


async def test_a_line_is_deleted(client: httpx.AsyncClient, fill: Fill) -> None:
    answer = await client.delete(f"/cart/items/{await variant_of(client)}", headers=await fill())

    assert (answer.status_code, answer.json()["lines"]) == (200, [])


async def test_contact_and_shipping_are_set_and_checked(client: httpx.AsyncClient, fill: Fill) -> None:
    token = await fill()
    methods = (await client.get("/cart/shipping-methods", headers=token)).json()["items"]
    changes = {"email": "Ada@EXAMPLE.com", "shipping_address": ADDRESS, "shipping_method": methods[0]["code"]}
    cart = (await client.patch("/cart", json=changes, headers=token)).json()

    assert methods == [{"code": "standard", "title": "Standard", "price": {"amount": 0, "currency": "USD"}}]
    assert cart["email"] == "ada@example.com"
    assert cart["shipping_address"]["line1"] == ADDRESS["line1"]
    assert cart["missing"] == []


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"email": "nobody"}, 422, "email"),
        ({"email": 7}, 400, "email"),
        ({"colour": "red"}, 400, "colour"),
        ({"shipping_address": {**ADDRESS, "country": "XX"}}, 422, "shipping_address/country"),
        ({"shipping_address": {**ADDRESS, "city": "  "}}, 422, "shipping_address/city"),
        ({"shipping_address": {**ADDRESS, "planet": "Mars"}}, 400, "shipping_address/planet"),
        ({"shipping_address": {"name": "Ada"}}, 422, "shipping_address/line1"),
        ({"shipping_address": "here"}, 400, "shipping_address"),
        ({"shipping_method": "by-owl"}, 422, "shipping_method"),
        ({"currency": "EUR"}, 422, "currency"),
    ],
)
async def test_what_a_cart_cannot_have_is_refused_and_nothing_is_changed(
    client: httpx.AsyncClient, fill: Fill, changes: dict[str, object], status: int, field: str
) -> None:
    token = await fill()
    before = (await client.get("/cart", headers=token)).content
    answer = await client.patch("/cart", json=changes, headers=token)

    assert answer.status_code == status, answer.text
    assert [error["field"] for error in problem_of(answer)["errors"]] == [field]
    assert (await client.get("/cart", headers=token)).content == before


async def test_a_currency_that_does_not_exist_is_refused(client: httpx.AsyncClient, fill: Fill) -> None:
    assert (await client.patch("/cart", json={"currency": "XXX"}, headers=await fill())).status_code == 422


@pytest.mark.parametrize(
    ("quantity", "status", "code"),
    [
        (0, 422, "invalid_quantity"),
        (-1, 422, "invalid_quantity"),
        (1001, 422, "invalid_quantity"),
        (10**9, 422, "invalid_quantity"),
        (10**30, 422, "invalid_quantity"),
        (1.5, 422, "not_an_integer"),
        ("1", 400, "wrong_type"),
        (True, 400, "wrong_type"),
        (None, 400, "wrong_type"),
        ([], 400, "wrong_type"),
    ],
)
async def test_a_quantity_is_a_whole_number_from_one_to_a_thousand(
    client: httpx.AsyncClient, fill: Fill, quantity: object, status: int, code: str
) -> None:
    token = await fill()
    added = await client.post("/cart/items", json={"sku": "CAP", "quantity": quantity}, headers=token)
    variant = await variant_of(client)

    assert added.status_code == status, added.text
    assert [(error["field"], error["code"]) for error in problem_of(added)["errors"]] == [("quantity", code)]
    if quantity != 0:
        set_ = await client.put(f"/cart/items/{variant}", json={"quantity": quantity}, headers=token)
        assert (set_.status_code, problem_of(set_)["errors"][0]["code"]) == (status, code)


async def test_two_adds_do_not_reach_beyond_a_thousand(client: httpx.AsyncClient, fill: Fill) -> None:
    answer = await client.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers=await fill("CAP", 1000))

    assert problem_of(answer)["code"] == "invalid_quantity"


@pytest.mark.parametrize("sku", ["SCARF", "SOCK", "NOTHING", ""])
async def test_a_draft_an_archived_and_an_unknown_variant_are_the_same(client: httpx.AsyncClient, sku: str) -> None:
    answer = await client.post("/cart/items", json={"sku": sku, "quantity": 1})

    assert answer.status_code == 404
    assert problem_of(answer)["code"] == "variant_not_found"


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"quantity": 1}, "variant_id"),
        ({"quantity": 1, "sku": "CAP", "variant_id": "x"}, "sku"),
        ({"sku": "CAP"}, "quantity"),
    ],
)
async def test_an_item_is_named_once(client: httpx.AsyncClient, item: dict[str, object], field: str) -> None:
    answer = await client.post("/cart/items", json=item)

    assert answer.status_code == 422
    assert [error["field"] for error in problem_of(answer)["errors"]] == [field]


@pytest.mark.parametrize("token", [b"made-up", b"x" * 5000, "\u00e9".encode(), b"' OR 1=1 --"])
async def test_a_token_that_names_no_cart_opens_none(client: httpx.AsyncClient, token: bytes) -> None:
    headers = {b"X-Cart-Token": token}
    for answer in (
        await client.get("/cart", headers=headers),
        await client.put("/cart/items/x", json={"quantity": 1}, headers=headers),
        await client.patch("/cart", json={"email": "ada@example.com"}, headers=headers),
        await client.get("/cart/shipping-methods", headers=headers),
        await client.post("/cart/coupons", json={"code": "X"}, headers=headers),
        await client.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers=headers),
    ):
        assert answer.status_code == 404
        assert problem_of(answer)["code"] == "cart_not_found"


async def test_nobody_sees_the_cart_of_somebody_else(client: httpx.AsyncClient, fill: Fill) -> None:
    mine, theirs = await fill("CAP"), await fill("COAT")

    assert [line["sku"] for line in (await client.get("/cart", headers=mine)).json()["lines"]] == ["CAP"]
    assert [line["sku"] for line in (await client.get("/cart", headers=theirs)).json()["lines"]] == ["COAT"]
    assert (await client.get("/cart")).status_code == 404


async def test_a_stale_version_is_refused(client: httpx.AsyncClient, fill: Fill) -> None:
    token, variant = await fill(), await variant_of(client)
    version = (await client.get("/cart", headers=token)).json()["version"]
    item = {"sku": "CAP", "quantity": 1, "version": version}
    first = await client.post("/cart/items", json=item, headers=token)
    stale = [
        await client.post("/cart/items", json=item, headers=token),
        await client.put(f"/cart/items/{variant}", json={"quantity": 1, "version": version}, headers=token),
        await client.patch("/cart", json={"email": "ada@example.com", "version": version}, headers=token),
        await client.delete(f"/cart/items/{variant}?version={version}", headers=token),
    ]

    assert first.status_code == 200
    assert {(answer.status_code, problem_of(answer)["code"]) for answer in stale} == {(409, "version_conflict")}


async def test_a_coupon_that_is_none_is_refused(client: httpx.AsyncClient, fill: Fill) -> None:
    token = await fill()
    refused = await client.post("/cart/coupons", json={"code": "NOPE"}, headers=token)
    removed = await client.delete("/cart/coupons/NOPE", headers=token)

    assert (refused.status_code, problem_of(refused)["code"]) == (422, "invalid_coupon")
    assert removed.status_code == 200


async def test_no_cache_may_keep_a_cart(client: httpx.AsyncClient, fill: Fill) -> None:
    token = await fill()
    shown = await client.get("/cart", headers=token)
    again = await client.get("/cart", headers={**token, "If-None-Match": shown.headers["etag"]})

    assert shown.headers["cache-control"] == "no-store"
    assert (again.status_code, again.content) == (304, b"")


async def test_credentials_that_nobody_has_yet_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/cart", headers={"Authorization": "Bearer x"})

    assert (answer.status_code, problem_of(answer)["code"]) == (401, "invalid_access_token")
    assert answer.headers["www-authenticate"] == "Bearer"


# ------------------------------------------------------------------------------------------------------ idempotency


async def test_a_hundred_at_once_lose_no_line(client: httpx.AsyncClient, fill: Fill) -> None:
    """Adds of two variants, and changes of the contact between them."""
    cart = await fill("CAP")

    async def write(number: int) -> int:
        if number % 4 == 0:
            contact = {"email": f"ada{number}@example.com", "shipping_method": "standard"}
            return (await client.patch("/cart", json=contact, headers=cart)).status_code
        item = {"sku": ("CAP", "COAT")[number % 2], "quantity": 1}
        return (await client.post("/cart/items", json=item, headers=cart)).status_code

    statuses = await asyncio.gather(*map(write, range(100)))
    shown = (await client.get("/cart", headers=cart)).json()

    assert set(statuses) == {200}
    assert {line["sku"]: line["quantity"] for line in shown["lines"]} == {"CAP": 26, "COAT": 50}
    assert shown["email"] in {f"ada{number}@example.com" for number in range(0, 100, 4)}
    assert shown["version"] == 102


async def test_of_two_who_saw_the_same_version_one_writes(client: httpx.AsyncClient, fill: Fill) -> None:
    cart = await fill("CAP")
    seen = (await client.get("/cart", headers=cart)).json()["version"]
    item = {"sku": "COAT", "quantity": 1, "version": seen}
    answers = await asyncio.gather(*(client.post("/cart/items", json=item, headers=cart) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 9]
