"""From a cart to an order over HTTP, and what can be done about it."""

import httpx
import pytest
from msgspec.structs import replace
from tests.http.conftest import ADDRESS, Buy, Fill, problem_of, proof_of

from shopcore.pricing.model import Coupon, CouponKind
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

SHOWN = {
    *("id", "number", "status", "payment_status", "email", "lines", "totals", "shipping_address", "billing_address"),
    *("fulfillments", "refunds", "timeline", "placed_at", "version"),
}


async def test_a_purchase_is_answered_with_the_order_its_secret_and_its_payment(fill: Fill, buy: Buy) -> None:
    bought = await buy(await fill("TEE-S", 2))
    answer = bought.json()

    assert bought.status_code == 201
    assert set(answer) == {"order", "order_token", "payment"}
    assert set(answer["order"]) >= SHOWN
    assert (answer["order"]["status"], answer["order"]["payment_status"]) == ("processing", "paid")
    assert answer["order"]["totals"]["total"] == {"amount": 3998, "currency": "USD"}
    assert answer["payment"] == {"id": answer["payment"]["id"], "gateway": "bogus", "status": "succeeded"}
    assert bought.headers["cache-control"] == "no-store"


async def test_the_order_is_shown_to_whoever_holds_its_secret(client: httpx.AsyncClient, fill: Fill, buy: Buy) -> None:
    bought, other = await buy(await fill()), await buy(await fill())
    path = f"/orders/{bought.json()['order']['id']}"
    shown = await client.get(path, headers=proof_of(bought))

    assert shown.status_code == 200
    assert shown.json()["lines"] == bought.json()["order"]["lines"]
    assert [entry["event"] for entry in shown.json()["timeline"]][:1] == ["placed"]
    for proof in ({}, proof_of(other), {"X-Order-Token": "made-up"}):
        answer = await client.get(path, headers=proof)
        assert (answer.status_code, problem_of(answer)["code"]) == (404, "order_not_found")


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("ok", "succeeded"),
        ("declined", "failed"),
        ("requires_action", "requires_action"),
        ("lost_answer", "processing"),
        ("late_webhook", "processing"),
        ("double_webhook", "processing"),
        ("reordered_webhooks", "processing"),
    ],
)
async def test_the_answer_is_201_whatever_the_payment_does(fill: Fill, buy: Buy, method: str, status: str) -> None:
    bought = await buy(await fill(), method)

    assert bought.status_code == 201
    assert bought.json()["payment"]["status"] in {status, "succeeded"}


async def test_a_payment_without_a_body_is_tried_in_the_shop_s_own_way(
    client: httpx.AsyncClient, fill: Fill, buy: Buy
) -> None:
    bought = await buy(await fill(), "declined")
    answer = await client.post(f"/orders/{bought.json()['order']['id']}/payment", headers=proof_of(bought))

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")


@pytest.mark.parametrize("reason", ["\x1b[2J", "line\nline", "\x00", "\x85"])
async def test_a_reason_has_no_control_characters(client: httpx.AsyncClient, fill: Fill, buy: Buy, reason: str) -> None:
    """Staff read it in a terminal."""
    bought = await buy(await fill())
    path = f"/orders/{bought.json()['order']['id']}/cancel"
    answer = await client.post(path, json={"reason": reason}, headers=proof_of(bought))

    assert (answer.status_code, problem_of(answer)["errors"][0]["field"]) == (422, "reason")


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"expected_total": {"amount": 1, "currency": "USD"}}, 409, "price_changed", "expected_total"),
        ({"expected_total": {"amount": 1250, "currency": "EUR"}}, 409, "price_changed", "expected_total"),
        ({"expected_total": 1250}, 400, "wrong_type", "expected_total"),
        ({"email": None}, 422, "checkout_incomplete", "email"),
        ({"email": "nobody"}, 422, None, "email"),
        ({"shipping_address": {**ADDRESS, "country": "Atlantis"}}, 422, None, "shipping_address/country"),
        ({"shipping_method": "by-owl"}, 422, None, "shipping_method"),
        ({"payment": {"method": "barter"}}, 422, "unknown_payment_method", None),
        ({"payment": {"gateway": "nobank"}}, 422, "unknown_payment_method", None),
        ({"payment": {"card": "4242424242424242"}}, 400, "unknown_field", "payment/card"),
        ({"note": "hello"}, 400, "unknown_field", "note"),
        ({"expected_total": {"amount": 1250, "currency": "USD", "tax": 0}}, 400, "unknown_field", "expected_total/tax"),
    ],
)
async def test_what_cannot_be_ordered_is_refused_and_the_cart_stays(
    client: httpx.AsyncClient,
    fill: Fill,
    buy: Buy,
    changes: dict[str, object],
    status: int,
    code: str | None,
    field: str | None,
) -> None:
    cart = await fill()
    answer = await buy(cart, **changes)
    problem = problem_of(answer)

    assert answer.status_code == status, answer.text
    assert code is None or problem["code"] == code
    assert field is None or field in [error["field"] for error in problem["errors"]]
    assert "4242" not in answer.text
    assert (await client.get("/cart", headers=cart)).status_code == 200


async def test_an_order_consumes_its_cart(client: httpx.AsyncClient, fill: Fill, buy: Buy) -> None:
    cart = await fill()
    await buy(cart)
    again = await buy(cart)

    assert (again.status_code, problem_of(again)["code"]) == (409, "cart_empty")
    assert (await client.get("/cart", headers=cart)).status_code == 404


async def test_a_declined_payment_is_tried_again(client: httpx.AsyncClient, fill: Fill, buy: Buy) -> None:
    bought = await buy(await fill(), "declined")
    path, proof = f"/orders/{bought.json()['order']['id']}/payment", proof_of(bought)
    headers = {**proof, "Idempotency-Key": "again"}
    stranger = await client.post(path, json={"method": "ok"})
    first, again = [await client.post(path, json={"method": "ok"}, headers=headers) for _ in range(2)]
    third = await client.post(path, json={"method": "ok"}, headers=proof)

    assert stranger.status_code == 404
    assert (first.status_code, first.json()["status"]) == (200, "succeeded")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert third.status_code == 409


async def test_every_cent_of_an_order_is_explained_to_whoever_placed_it(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop
) -> None:
    """As it was when the order was placed, whatever the rules are by now; the merchant's terms are not told."""
    pricing = shop.as_(owner()).pricing
    tenth = Coupon(code="TENTH", kind=CouponKind.PERCENTAGE, basis_points=1_000, usage_limit=7)
    await pricing.put_coupon(tenth)
    cart = await fill("CAP", 2)
    await client.post("/cart/coupons", json={"code": "TENTH"}, headers=cart)
    bought = await buy(cart)
    path, proof = f"/orders/{bought.json()['order']['id']}/explanation", proof_of(bought)
    await pricing.put_coupon(replace(tenth, basis_points=2_000))
    answer = await client.get(path, headers=proof)
    steps = answer.json()["steps"]

    assert [(step["kind"], step["rule"], step["amount"]["amount"]) for step in steps] == [
        ("line", "unit_price", 2500),
        ("discount", "TENTH", -250),
        ("shipping", "standard", 0),
    ]
    assert answer.json()["total"] == bought.json()["order"]["totals"]["total"]
    assert "usage_limit" not in answer.text
    assert (await client.get(path)).status_code == 404
    assert (await client.get(path, headers={**proof, "If-None-Match": answer.headers["etag"]})).status_code == 304


async def test_an_order_is_cancelled_once(client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop) -> None:
    bought = await buy(await fill())
    path, proof = f"/orders/{bought.json()['order']['id']}/cancel", proof_of(bought)
    stranger = await client.post(path)
    headers = {**proof, "Idempotency-Key": "cancel"}
    first, again = [await client.post(path, json={"reason": "twice"}, headers=headers) for _ in range(2)]
    await shop.work_off()
    shown = (await client.get(path.removesuffix("/cancel"), headers=proof)).json()

    assert stranger.status_code == 404
    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert again.content == first.content
    assert shown["payment_status"] == "refunded"
    assert [refund["status"] for refund in shown["refunds"]] == ["done"]


async def test_a_list_of_orders_needs_a_customer(client: httpx.AsyncClient) -> None:
    answer = await client.get("/orders")

    assert (answer.status_code, problem_of(answer)["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


# ------------------------------------------------------------------------------------------- the bogus bank's own page
