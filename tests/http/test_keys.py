"""Idempotency keys: one effect and one answer for each, whatever it comes with."""

import asyncio
import uuid

import httpx
import pytest
from tests.http.conftest import ORDER, Buy, Fill, problem_of, proof_of

from shopcore.shop import Shop

pytestmark = [pytest.mark.anyio, pytest.mark.both_stores]

MALFORMED = b'{"email":'
KEY = "9b2f1c0e-5b1d-4a53-8f0a-111111111111"


async def test_a_repeated_add_adds_once_and_answers_the_same_bytes(client: httpx.AsyncClient, fill: Fill) -> None:
    headers = {**await fill(), "Idempotency-Key": KEY}
    first = await client.post("/cart/items", json={"sku": "COAT", "quantity": 3}, headers=headers)
    again = await client.post("/cart/items", json={"sku": "COAT", "quantity": 3}, headers=headers)

    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert [line["quantity"] for line in (await client.get("/cart", headers=headers)).json()["lines"]] == [1, 3]


async def test_a_repeated_first_add_answers_the_same_token(client: httpx.AsyncClient) -> None:
    item, headers = {"sku": "COAT", "quantity": 3}, {"Idempotency-Key": KEY}
    answers = [await client.post("/cart/items", json=item, headers=headers) for _ in range(2)]

    assert answers[0].headers["x-cart-token"] == answers[1].headers["x-cart-token"]


@pytest.mark.parametrize("body", [{"sku": "NOTHING", "quantity": 1}, {"sku": "CAP", "quantity": "x"}, {}])
async def test_a_refusal_is_replayed_byte_for_byte(
    client: httpx.AsyncClient, fill: Fill, body: dict[str, object]
) -> None:
    """With the correlation id of the first request in it; the header names this one's."""
    headers = {**await fill(), "Idempotency-Key": KEY}
    first = await client.post("/cart/items", json=body, headers=headers)
    again = await client.post("/cart/items", json=body, headers=headers)

    assert 400 <= first.status_code < 500
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-correlation-id"] != first.headers["x-correlation-id"]


async def test_a_key_is_for_one_body(client: httpx.AsyncClient, fill: Fill) -> None:
    headers = {**await fill(), "Idempotency-Key": KEY}
    await client.post("/cart/items", json={"sku": "COAT", "quantity": 3}, headers=headers)
    other = await client.post("/cart/items", json={"sku": "COAT", "quantity": 4}, headers=headers)

    assert (other.status_code, problem_of(other)["code"]) == (422, "idempotency_key_reused")


async def test_a_key_belongs_to_its_cart(client: httpx.AsyncClient, fill: Fill) -> None:
    for cart in (await fill(), await fill()):
        answer = await client.post(
            "/cart/items", json={"sku": "COAT", "quantity": 1}, headers={**cart, "Idempotency-Key": KEY}
        )
        assert "idempotent-replayed" not in answer.headers


async def test_a_key_is_for_one_address_however_it_is_written(client: httpx.AsyncClient, fill: Fill) -> None:
    cart = await fill()
    headers = {**cart, "Idempotency-Key": KEY}
    for path in ("/cart/items", "/cart/items/", "//cart//items"):
        await client.post(path, json={"sku": "COAT", "quantity": 3}, headers=headers)

    assert [line["quantity"] for line in (await client.get("/cart", headers=cart)).json()["lines"]] == [1, 3]


async def test_what_was_refused_unread_does_not_use_the_key_up(client: httpx.AsyncClient, fill: Fill) -> None:
    """415 speaks of the headers and 413 of the length; the client may mend that and send the request again."""
    headers = {**await fill(), "Idempotency-Key": KEY}
    item = b'{"sku":"COAT","quantity":3}'
    unread = [
        await client.post("/cart/items", content=item, headers={**headers, "Content-Type": "text/plain"}),
        await client.post(
            "/cart/items", content=item + b" " * 10**7, headers={**headers, "Content-Type": "application/json"}
        ),
    ]
    read = await client.post("/cart/items", content=item, headers={**headers, "Content-Type": "application/json"})

    assert [answer.status_code for answer in unread] == [415, 413]
    assert read.status_code == 200
    assert "idempotent-replayed" not in read.headers


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"tab\there", "caf\u00e9".encode()])
async def test_a_key_is_printable_ascii(client: httpx.AsyncClient, key: bytes) -> None:
    answer = await client.post("/cart/items", json={"sku": "COAT", "quantity": 1}, headers={b"Idempotency-Key": key})

    assert (answer.status_code, problem_of(answer)["code"]) == (400, "invalid_idempotency_key")


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
