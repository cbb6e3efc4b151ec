"""From a cart to an order over HTTP, and what can be done about it."""

import asyncio
import uuid

import httpx
import pytest
from msgspec.structs import replace
from tests.http.conftest import ADDRESS, ORDER, Buy, Fill, problem_of

from shopcore.pricing.model import Coupon, CouponKind
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

SHOWN = {
    *("id", "number", "status", "payment_status", "email", "lines", "totals", "shipping_address", "billing_address"),
    *("fulfillments", "refunds", "timeline", "placed_at", "version"),
}


def proof_of(bought: httpx.Response) -> dict[str, str]:
    return {"X-Order-Token": bought.json()["order_token"]}


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


async def test_the_same_checkout_at_the_same_moment_is_one_order(fill: Fill, buy: Buy) -> None:
    cart, key = await fill(), str(uuid.uuid4())
    answers = await asyncio.gather(*(buy(cart, key=key) for _ in range(5)))
    done = [answer for answer in answers if answer.status_code == 201]
    again = await buy(cart, key=key)

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {problem_of(answer)["code"] for answer in answers if answer.status_code == 409} <= {"request_in_progress"}
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 409)
    assert {answer.content for answer in done} == {again.content}
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_key_is_required(client: httpx.AsyncClient, fill: Fill) -> None:
    answer = await client.post("/cart/checkout", json=ORDER, headers=await fill())

    assert (answer.status_code, problem_of(answer)["code"]) == (400, "idempotency_key_required")


async def test_a_refused_checkout_is_replayed_byte_for_byte(fill: Fill, buy: Buy) -> None:
    cart, key = await fill("TEE-M"), str(uuid.uuid4())
    first, again = await buy(cart, key=key), await buy(cart, key=key)
    other = await buy(cart, key=key, email="other@example.com")

    assert (first.status_code, problem_of(first)["code"]) == (409, "out_of_stock")
    assert [error["field"] for error in problem_of(first)["errors"]] == ["lines/0/quantity"]
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, problem_of(other)["code"]) == (422, "idempotency_key_reused")


async def test_a_malformed_checkout_is_replayed_byte_for_byte(client: httpx.AsyncClient, fill: Fill) -> None:
    headers = {**await fill(), "Idempotency-Key": "1", "Content-Type": "application/json"}
    first, again = [await client.post("/cart/checkout", content=b'{"email":7}', headers=headers) for _ in range(2)]

    assert first.status_code == 400
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"


MALFORMED = b'{"email":'


async def test_a_key_of_a_malformed_checkout_is_used_up(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop
) -> None:
    """There is one claim on a key, whatever it came with: the corrected body needs a key of its own."""
    cart = await fill()
    headers = {**cart, "Idempotency-Key": "1", "Content-Type": "application/json"}
    first = await client.post("/cart/checkout", content=MALFORMED, headers=headers)
    corrected = await buy(cart, key="1")
    again = await client.post("/cart/checkout", content=MALFORMED, headers=headers)
    bought = await buy(cart, key="2")

    assert (corrected.status_code, problem_of(corrected)["code"]) == (422, "idempotency_key_reused")
    assert (again.status_code, again.content) == (400, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert bought.status_code == 201


async def test_a_malformed_body_does_not_pass_under_a_key_that_was_used(
    client: httpx.AsyncClient, fill: Fill, buy: Buy
) -> None:
    cart = await fill()
    await buy(cart, key="1")
    headers = {**cart, "Idempotency-Key": "1", "Content-Type": "application/json"}
    answer = await client.post("/cart/checkout", content=MALFORMED, headers=headers)

    assert (answer.status_code, problem_of(answer)["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("first", [MALFORMED, b'{"method":"declined"}'])
async def test_a_key_of_another_try_to_pay_is_for_one_body(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, first: bytes
) -> None:
    bought = await buy(await fill(), "declined")
    path = f"/orders/{bought.json()['order']['id']}/payment"
    headers = {**proof_of(bought), "Idempotency-Key": "1", "Content-Type": "application/json"}
    answers = [
        await client.post(path, content=body, headers=headers) for body in (first, first, b'{"method":"ok"}', b"{")
    ]

    assert answers[1].content == answers[0].content
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true", None, None]
    assert [problem_of(answer)["code"] for answer in answers[2:]] == ["idempotency_key_reused"] * 2


async def test_what_is_not_yours_is_refused_the_same_each_time(client: httpx.AsyncClient, fill: Fill, buy: Buy) -> None:
    """The refusal is kept for whoever asked; it takes nothing from whose order it is."""
    bought = await buy(await fill(), "declined")
    path = f"/orders/{bought.json()['order']['id']}/payment"
    stranger = {"X-Order-Token": "a stranger's", "Idempotency-Key": "1"}
    first, again = [await client.post(path, json={"method": "ok"}, headers=stranger) for _ in range(2)]
    owner = await client.post(path, json={"method": "ok"}, headers={**proof_of(bought), "Idempotency-Key": "1"})

    assert (first.status_code, again.content) == (404, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert owner.json()["status"] == "succeeded"


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


async def test_a_customer_approves_on_the_bank_s_page(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop
) -> None:
    bought = await buy(await fill(), "requires_action")
    action = bought.json()["payment"]["next_action"]
    path = httpx.URL(action["url"]).path
    page = await client.get(path)
    done = await client.post(path, content=b"decision=approve")
    shown = await client.get(done.headers["location"])
    await shop.work_off()
    order = await client.get(f"/orders/{bought.json()['order']['id']}", headers=proof_of(bought))

    assert action["type"] == "redirect"
    assert page.headers["content-type"].startswith("text/html")
    assert "12.50 USD" in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert done.status_code == 303
    assert "<form" not in shown.text
    assert order.json()["payment_status"] == "paid"


async def test_the_bank_s_page_refuses_what_it_does_not_know(client: httpx.AsyncClient, fill: Fill, buy: Buy) -> None:
    bought = await buy(await fill(), "requires_action")
    path = httpx.URL(bought.json()["payment"]["next_action"]["url"]).path

    assert (await client.get("/bogus/actions/nothing")).status_code == 404
    assert (await client.post("/bogus/actions/nothing", content=b"decision=approve")).status_code == 404
    assert (await client.post(path, content=b"decision=steal")).status_code == 422


# ---------------------------------------------------------------------------------------------------------- webhooks


async def test_a_webhook_that_nobody_signed_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/webhooks/bogus", content=b'{"id":"1"}', headers={"Bogus-Signature": "t=1,v1=00"})

    assert (answer.status_code, problem_of(answer)["code"]) == (400, "bad_signature")


async def test_a_webhook_of_an_unknown_gateway_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/webhooks/nobank", content=b"{}")

    assert (answer.status_code, problem_of(answer)["code"]) == (404, "unknown_gateway")
