"""What people try on a shop that has no idea who they are: each attempt by its name."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import ORDER, Buy, Fill, client_of, problem_of, proof_of, settings_for
from tests.http.people import PASSWORD, joined
from tests.security.conftest import Opened
from tests.security.scene import Scene

from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

PRICES: list[dict[str, Any]] = [
    {"price": 1},
    {"unit_price": {"amount": 1, "currency": "USD"}},
    {"line_total": {"amount": 0, "currency": "USD"}},
    {"customer_id": "01910000-0000-7000-8000-000000000000"},
    {"__proto__": {"price": 1}},
    {"totals": {"total": {"amount": 1, "currency": "USD"}}},
]


# ------------------------------------------------------------------------------------------------------ mass assignment


@pytest.mark.parametrize("more", PRICES)
async def test_a_price_that_is_sent_along_is_refused(
    client: httpx.AsyncClient, fill: Fill, more: dict[str, Any]
) -> None:
    """Into a cart, at a line, and at the till: fields that nobody offers are not passed over in silence."""
    cart = await fill()
    bodies = [
        ("POST", "/cart/items", {"sku": "CAP", "quantity": 1, **more}),
        ("PATCH", "/cart", {"email": "eve@example.com", **more}),
        ("POST", "/cart/checkout", {**ORDER, "payment": {"method": "ok"}, **more}),
        ("POST", "/cart/checkout", {**ORDER, "payment": {"method": "ok", **more}}),
        ("POST", "/cart/checkout", {**ORDER, "shipping_address": {**ORDER["shipping_address"], **more}}),  # type: ignore[dict-item]
    ]
    for number, (method, path, body) in enumerate(bodies):
        answer = await client.request(
            method, path, json=body, headers={**cart, "Idempotency-Key": f"attempt {number:>10}"}
        )

        assert answer.status_code == 400, answer.text
        assert problem_of(answer)["code"] == "unknown_field"


@pytest.mark.parametrize(
    "more",
    [{"built_in": True}, {"name": "owner"}, {"role": "owner"}, {"permissions": ["*"]}, {"is_admin": True}],
)
async def test_a_role_that_is_sent_along_is_refused(
    client: httpx.AsyncClient, shop: Shop, more: dict[str, Any]
) -> None:
    """Whoever may make keys cannot make one that may do everything, and nothing else grants rights in passing."""
    _, secret = await shop.as_(owner()).access.create_api_key(name="Any", permissions=["roles:read", "audit:read"])
    header = {"Authorization": f"Bearer {secret}"}
    for path, body in (
        ("/cart/items", {"sku": "CAP", "quantity": 1}),
        ("/cart/checkout", {**ORDER}),
        ("/admin/api-keys", {"name": "Mine", "permissions": ["audit:read"]}),
    ):
        sent = {**body, **more}
        answer = await client.post(path, json=sent, headers={**header, "Idempotency-Key": "0123456789abcdef"})

        assert answer.status_code in {400, 403, 404}, answer.text
    (key,) = (await shop.as_(owner()).access.list_api_keys()).items
    assert key.permissions == ("audit:read", "roles:read")


# ------------------------------------------------------------------------------------------------ foreign and guessed


async def test_a_foreign_cart_is_not_there(client: httpx.AsyncClient, fill: Fill) -> None:
    """Neither by its id, nor by a token that is nearly right, nor by the token of something else."""
    cart, other = await fill(), await fill()
    token = cart["X-Cart-Token"]
    identity = (await client.get("/cart", headers=cart)).json()["id"]
    guesses = [identity, token[:-1], token + "A", token.upper(), token[::-1], "", "*", "null", f"{token}\t"]
    answers = [await client.get("/cart", headers={"X-Cart-Token": guess}) for guess in guesses]

    assert {answer.status_code for answer in answers} == {404}
    assert len({json.dumps({**answer.json(), "correlation_id": ""}) for answer in answers}) == 1
    assert (await client.get("/cart", headers=other)).json()["id"] != identity


@pytest.mark.parametrize(
    ("method", "act"), [("GET", ""), ("GET", "/explanation"), ("POST", "/payment"), ("POST", "/cancel")]
)
async def test_a_foreign_order_is_not_there(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, method: str, act: str
) -> None:
    """With one's own order's secret, with the cart's, or with none, in the words that there are for no order at all."""
    mine, cart = await buy(await fill(), method="declined"), await fill()
    theirs = (await buy(await fill(), method="declined")).json()["order"]["id"]

    async def told(order_id: str, proof: dict[str, str]) -> tuple[int, str]:
        answer = await client.request(
            method, f"/orders/{order_id}{act}", headers=proof, json={} if method == "POST" else None
        )
        return answer.status_code, json.dumps({**answer.json(), "correlation_id": ""})

    absent = await told("01910000-0000-7000-8000-000000000000", proof_of(mine))
    cart_as_order = {"X-Order-Token": cart["X-Cart-Token"]}
    for proof in (proof_of(mine), cart, cart_as_order, {}):
        assert await told(theirs, proof) == absent
    assert absent[0] == 404


async def test_coupons_cannot_be_guessed_by_the_thousand(opened: Opened) -> None:
    """Nor by changing the cart: it is the caller who is counted."""
    async with opened(rate_limits="on") as client:
        statuses = [
            (await client.post("/cart/coupons", json={"code": f"SAVE{number}"})).status_code for number in range(20)
        ]
        other = await client.post("/cart/items", json={"sku": "CAP", "quantity": 1})

    assert statuses == [404] * 15 + [429] * 5
    assert other.status_code != 429


async def test_coupons_are_not_guessed_from_a_thousand_addresses(tmp_path: Path) -> None:
    """By one account: it has the limit of an address, wherever it asks from, and can do all else."""
    chosen = settings_for(tmp_path, rate_limits="on", trusted_proxies=("127.0.0.1",))
    async with Shop.open(chosen) as shop, client_of(shop) as client:
        person = await Scene(shop, client).customer()
        header = {"Authorization": person["Authorization"]}

        async def guess(number: int) -> int:
            caller = {**header, "X-Forwarded-For": f"198.51.100.{number}"}
            return (await client.post("/cart/coupons", json={"code": f"SAVE{number}"}, headers=caller)).status_code

        statuses = [await guess(number) for number in range(20)]
        profile = await client.patch("/me", json={"name": "Eve"}, headers=header)

    assert statuses == [404] * 15 + [429] * 5
    assert profile.status_code == 200


async def test_an_account_writes_to_no_more_strangers_than_anybody(tmp_path: Path) -> None:
    """Who wants another address has a mail sent to it: ten in ten minutes, from wherever, with the right password."""
    chosen = settings_for(tmp_path, rate_limits="on", trusted_proxies=("127.0.0.1",))
    async with Shop.open(chosen) as shop, client_of(shop) as client:
        client.headers["X-Forwarded-For"] = "198.51.100.250"
        eve = await joined(client, shop, "eve@example.com")

        async def write(number: int) -> int:
            caller = {"X-Forwarded-For": f"198.51.100.{number}"}
            wanted = {"email": f"stranger{number}@example.org", "password": PASSWORD}
            return (await eve.ask("POST", "/me/email", json=wanted, headers=caller)).status_code

        statuses = [await write(number) for number in range(12)]
        profile = await eve.ask("PATCH", "/me", json={"name": "Eve"})

    assert statuses == [202] * 10 + [429] * 2
    assert profile.status_code == 200


async def test_a_stolen_key_is_not_used_faster_from_a_thousand_addresses(tmp_path: Path) -> None:
    """An account or a key has limits of its own, beside those of each address."""
    async with Shop.open(settings_for(tmp_path, rate_limits="on", trusted_proxies=("127.0.0.1",))) as shop:
        _, secret = await shop.as_(owner()).access.create_api_key(name="Any", permissions=["audit:read"])
        header = {"Authorization": f"Bearer {secret}"}
        async with client_of(shop) as client:

            async def left(number: int) -> tuple[int, int]:
                caller = {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"}
                answer = await client.delete("/admin/api-keys/none", headers={**header, **caller})
                return answer.status_code, int(answer.headers["ratelimit-remaining"])

            answers = [await left(number) for number in range(302)]
            somebody = await client.get("/products", headers={"X-Forwarded-For": "198.51.0.0"})

    assert answers[0] == (403, 239)
    assert answers[200:302] == [*((403, remaining) for remaining in range(99, -1, -1)), (429, 0), (429, 0)]
    assert somebody.status_code == 200


# --------------------------------------------------------------------------------------------------- what is said back


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Correlation-ID", "a\r\nSet-Cookie: session=stolen"),
        ("X-Correlation-ID", "a\nX-Evil: 1"),
        ("Origin", "https://evil.test\r\nAccess-Control-Allow-Origin: *"),
        ("Idempotency-Key", "0123456789abcdef\r\nX-Evil: 1"),
        ("If-None-Match", '"a"\r\nX-Evil: 1'),
    ],
)
async def test_a_header_cannot_put_another_into_the_answer(opened: Opened, header: str, value: str) -> None:
    """Past a proxy that passes line ends on, as the application is given it."""
    async with opened(allowed_origins=("https://www.example.org",)) as client:
        answer = await client.get("/products", headers={header.encode(): value.encode()})

    assert "set-cookie" not in answer.headers
    assert "x-evil" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
    assert all("\n" not in each and "evil" not in each for each in answer.headers.values())


@pytest.mark.parametrize("path", ["/products/%0d%0aX-Evil:%201", "/orders/%0aX-Evil", "/categories/%00"])
async def test_an_address_cannot_put_a_header_into_the_answer(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert not [name for name in answer.headers if "evil" in name]


async def test_a_link_leads_to_the_shop_whatever_the_request_calls_it(
    client: httpx.AsyncClient, shop: Shop, fill: Fill
) -> None:
    """The page of the bank, as whatever the shop says of itself, is made of `APP_URL`."""
    headers = {
        **await fill(),
        "Idempotency-Key": "0123456789abcdef",
        "Host": "evil.test",
        "X-Forwarded-Host": "evil.test",
        "Forwarded": "host=evil.test",
        "X-Original-URL": "http://evil.test/",
    }
    answer = await client.post(
        "/cart/checkout", json={**ORDER, "payment": {"method": "requires_action"}}, headers=headers
    )

    assert answer.status_code == 201
    assert answer.json()["payment"]["next_action"]["url"].startswith(shop.settings.app_url)
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    "path", ["/nothing", "/cart", "/orders", "/docs", "/openapi.json", "/admin/audit", "/products"]
)
async def test_whatever_the_answer_a_browser_is_told_to_be_careful(client: httpx.AsyncClient, path: str) -> None:
    """Errors and pages included: no guessing of types, no frames, no referrer, nothing from elsewhere."""
    answer = await client.get(path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"].partition("script-src")[2]
    assert "geolocation=()" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers
