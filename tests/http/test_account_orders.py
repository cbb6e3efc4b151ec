"""Carts and orders of customers over HTTP: those that they had as guests, and nobody else's."""

import httpx
import pytest
from tests.http.conftest import ADDRESS, ORDER, Buy, Fill, refused
from tests.http.people import PASSWORD, Person, bearer, joined, register

from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


async def test_a_guest_cart_is_taken_along(ada: Person, client: httpx.AsyncClient, fill: Fill) -> None:
    """As the customer's, where they have none; into theirs, where they have one: quantities add up."""
    first, second = await fill("CAP", 2), await fill("CAP", 3)
    for cart, expected in ((first, 2), (second, 5)):
        answer = await client.post("/auth/login", json={"email": ada.email, "password": PASSWORD}, headers=cart)
        own = (await client.get("/cart", headers=bearer(answer.json()["access_token"]))).json()

        assert [line["quantity"] for line in own["lines"]] == [expected]
    assert refused(await client.get("/cart", headers=first)) == (404, "cart_not_found")
    assert refused(await client.get("/cart", headers=second)) == (404, "cart_not_found")


async def test_quantities_add_up_to_the_limit(ada: Person, client: httpx.AsyncClient, fill: Fill) -> None:
    for quantity in (600, 600):
        await client.post(
            "/auth/login", json={"email": ada.email, "password": PASSWORD}, headers=await fill("CAP", quantity)
        )

    assert (await ada.ask("GET", "/cart")).json()["lines"][0]["quantity"] == 1_000


async def test_a_customer_s_mail_goes_to_their_own_address_unless_they_say_otherwise(
    ada: Person, client: httpx.AsyncClient, fill: Fill, buy: Buy
) -> None:
    """Of a cart that they open, and of one that they bring along."""
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    opened = await buy(ada.headers, email=None)
    body = {"email": ada.email, "password": PASSWORD}
    await client.post("/auth/login", json=body, headers=await fill("CAP", 1))
    brought = await buy(ada.headers, email=None)

    assert [answer.json()["order"]["email"] for answer in (opened, brought)] == [ada.email] * 2


async def test_a_customer_s_cart_is_on_all_their_devices(ada: Person, client: httpx.AsyncClient) -> None:
    added = await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    telephone = bearer((await ada.login()).json()["access_token"])

    assert "token" not in added.json()
    assert (await client.get("/cart", headers=telephone)).json()["id"] == added.json()["id"]


async def test_a_cart_that_is_somebody_s_is_never_taken(
    ada: Person, client: httpx.AsyncClient, shop: Shop, fill: Fill
) -> None:
    """By its old token: neither read, nor merged, nor ordered."""
    token = await fill("CAP", 2)
    await client.post("/auth/login", json={"email": ada.email, "password": PASSWORD}, headers=token)
    eve = await joined(client, shop, "eve@example.com")
    entered = await client.post("/auth/login", json={"email": eve.email, "password": PASSWORD}, headers=token)

    assert entered.status_code == 200
    assert refused(await eve.ask("GET", "/cart", headers=token)) == (404, "cart_not_found")
    assert refused(await client.get("/cart", headers=token)) == (404, "cart_not_found")
    stolen = await eve.ask("POST", "/cart/checkout", json=ORDER, headers={**token, "Idempotency-Key": "x" * 20})
    assert refused(stolen) == (409, "cart_empty")
    assert (await ada.ask("GET", "/cart")).json()["lines"][0]["quantity"] == 2


@pytest.mark.both_stores
@pytest.mark.parametrize("is_merged", [True, False])
async def test_a_token_that_a_page_still_sends_opens_nothing_of_a_customer_s(
    ada: Person, client: httpx.AsyncClient, shop: Shop, fill: Fill, buy: Buy, is_merged: bool
) -> None:
    """After their cart was ordered: neither to who is signed out, nor to who signs in next; theirs it is everywhere."""
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    token = await fill("CAP", 2)
    if is_merged:
        await client.post("/auth/login", json={"email": ada.email, "password": PASSWORD}, headers=token)
    await buy(ada.headers)
    added = await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 3}, headers=token)
    told = await ada.ask("PATCH", "/cart", json={"shipping_address": ADDRESS}, headers=token)
    elsewhere = await ada.ask("GET", "/cart")
    eve = await joined(client, shop, "eve@example.com")
    entered = await client.post("/auth/login", json={"email": eve.email, "password": PASSWORD}, headers=token)
    eve.tokens = entered.json()

    assert (added.status_code, told.status_code) == (200, 200)
    assert elsewhere.json()["lines"][0]["quantity"] == (3 if is_merged else 5)
    assert (await ada.ask("GET", "/me/export")).json()["cart"]["id"] == elsewhere.json()["id"]
    for answer in (await client.get("/cart", headers=token), await eve.ask("GET", "/cart", headers=token)):
        assert refused(answer) == (404, "cart_not_found")


async def test_what_a_guest_said_of_somebody_else_is_not_taken_along(
    ada: Person, client: httpx.AsyncClient, fill: Fill
) -> None:
    """Whoever was at the machine before: the things are taken, their address and street are not."""
    elses, own = await fill("CAP", 2), await fill("CAP", 1)
    for token, email in ((elses, "bob@example.com"), (own, ada.email)):
        said = {"email": email, "shipping_address": ADDRESS}
        assert (await client.patch("/cart", json=said, headers=token)).status_code == 200
    found = []
    for token in (elses, own):
        await client.post("/auth/login", json={"email": ada.email, "password": PASSWORD}, headers=token)
        found.append((await ada.ask("GET", "/cart")).json())

    assert [cart["lines"][0]["quantity"] for cart in found] == [2, 3]
    assert [cart["email"] for cart in found] == [ada.email] * 2
    assert [cart["shipping_address"] is None for cart in found] == [True, False]


async def test_what_a_customer_ordered_is_theirs_alone(
    ada: Person, client: httpx.AsyncClient, shop: Shop, buy: Buy
) -> None:
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    bought = (await buy(ada.headers, key="the same")).json()["order"]
    replayed = await buy(ada.headers, key="the same")
    eve = await joined(client, shop, "eve@example.com")

    assert replayed.headers["idempotent-replayed"] == "true"
    assert [order["id"] for order in (await ada.ask("GET", "/orders")).json()["items"]] == [bought["id"]]
    assert (await ada.ask("GET", f"/orders/{bought['id']}")).json()["id"] == bought["id"]
    assert (await eve.ask("GET", "/orders")).json()["items"] == []
    for path in ("", "/explanation"):
        assert refused(await eve.ask("GET", f"/orders/{bought['id']}{path}")) == (404, "order_not_found")
    for act in ("cancel", "payment"):
        assert refused(await eve.ask("POST", f"/orders/{bought['id']}/{act}")) == (404, "order_not_found")
    assert (await ada.ask("POST", f"/orders/{bought['id']}/cancel")).json()["status"] == "cancelled"


async def test_orders_of_a_guest_are_claimed_by_whoever_reads_the_mail(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, buy: Buy
) -> None:
    """Not before the address is verified, and nobody else's."""
    hers = [(await buy(await fill())).json()["order"]["id"] for _ in range(2)]
    await buy(await fill(), email="tom@example.com")
    await register(client, "ada@example.com")
    await shop.work_off()
    before = {order.customer_id for order in (await shop.as_(owner()).orders.list()).items}
    ada = await joined(client, shop)

    assert before == {None}
    assert [order["id"] for order in (await ada.ask("GET", "/orders")).json()["items"]] == hers[::-1]


async def test_what_was_ordered_signed_out_is_there_after_the_next_sign_in(
    ada: Person, client: httpx.AsyncClient, shop: Shop, fill: Fill, buy: Buy
) -> None:
    """With the address that was verified; the one who ordered keeps their token, and another's order stays theirs."""
    await shop.work_off()
    bought = (await buy(await fill())).json()
    await buy(await fill(), email="tom@example.com")
    await shop.work_off()
    before = (await ada.ask("GET", "/orders")).json()["items"]
    await ada.login()
    await shop.work_off()
    after = (await ada.ask("GET", "/orders")).json()["items"]
    proof = {"X-Order-Token": bought["order_token"]}
    shown = await client.get(f"/orders/{bought['order']['id']}", headers=proof)

    assert before == []
    assert [order["id"] for order in after] == [bought["order"]["id"]]
    assert shown.status_code == 200


async def test_own_orders_are_paged(ada: Person, buy: Buy) -> None:
    """A cursor is good for its own customer's list alone."""
    for _ in range(3):
        await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
        await buy(ada.headers)
    first = (await ada.ask("GET", "/orders?limit=2")).json()
    second = (await ada.ask("GET", f"/orders?limit=2&cursor={first['next_cursor']}")).json()

    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)
