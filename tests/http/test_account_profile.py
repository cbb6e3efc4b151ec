"""What is the customer's over HTTP: another address, the profile, all that is held, being forgotten."""

import httpx
import pytest
from tests.http.conftest import ADDRESS, Buy, problem_of, refused
from tests.http.people import PASSWORD, Person, grown_old, joined, mails
from tests.security.scene import Scene

from shop_http.routes.auth import UserShown
from shopcore.kernel.address import Contact
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


async def test_another_address_needs_both_mailboxes(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """Whichever agrees first; each link is good once."""
    wanted = {"email": "ada.king@example.com", "password": PASSWORD}
    asked = await ada.ask("POST", "/me/email", json=wanted)
    by_old, by_new = await ada.last_mail(), (await mails(shop))[-1]
    links = {mail.to: mail.token for mail in await mails(shop) if "agree" in mail.subject.lower()}
    first, twice = [
        await ada.ask("POST", "/auth/email/confirm", json={"token": links["ada.king@example.com"]}) for _ in range(2)
    ]
    between = (await ada.ask("GET", "/me")).json()["email"]
    second = await client.post("/auth/email/confirm", json={"token": links[ada.email]})

    assert asked.status_code == 202
    assert {by_old.to, by_new.to} <= {ada.email, "ada.king@example.com"}
    assert first.json() == {"changed": False}
    assert refused(twice) == (422, "invalid_link")
    assert between == ada.email
    assert second.json() == {"changed": True}
    assert (await ada.ask("GET", "/me")).json()["email"] == "ada.king@example.com"
    assert refused(await ada.login()) == (401, "invalid_credentials")
    assert (await ada.login(email="ada.king@example.com")).status_code == 200


async def test_an_address_that_has_an_account_is_not_told_of(
    ada: Person, client: httpx.AsyncClient, shop: Shop
) -> None:
    """To who asks; its mailbox is told, and cannot agree."""
    await joined(client, shop, "eve@example.com")
    free, taken = [
        await ada.ask("POST", "/me/email", json={"email": email, "password": PASSWORD})
        for email in ("free@example.com", "eve@example.com")
    ]
    told = [mail for mail in await mails(shop) if mail.to == "eve@example.com"][-1]

    assert (free.status_code, free.content) == (taken.status_code, taken.content) == (202, b"{}")
    assert told.subject == "You have an account already"
    assert "#token=" not in told.text


async def test_another_address_needs_the_password(ada: Person) -> None:
    answer = await ada.ask("POST", "/me/email", json={"email": "eve@example.com", "password": "wrong password"})

    assert refused(answer) == (401, "invalid_credentials")


async def test_a_profile_is_shown_and_changed(ada: Person) -> None:
    """The name alone: what proves who somebody is has acts of its own."""
    changed = await ada.ask("PATCH", "/me", json={"name": "Ada King"})
    shown = await ada.ask("GET", "/me")
    unchanged = await ada.ask("GET", "/me", headers={"If-None-Match": shown.headers["etag"]})

    assert changed.json() == shown.json()
    assert shown.json()["name"] == "Ada King"
    assert set(shown.json()) == {*UserShown.__struct_fields__}
    assert unchanged.status_code == 304
    for field, value in (("email", "eve@example.com"), ("email_verified", True), ("role", "owner"), ("id", "x")):
        answer = await ada.ask("PATCH", "/me", json={"name": "Eve", field: value})
        assert refused(answer) == (400, "unknown_field")
    assert (await ada.ask("GET", "/me")).json() == shown.json()


async def test_an_address_book_is_kept(ada: Person) -> None:
    added = await ada.ask("POST", "/me/addresses", json=ADDRESS)
    path = f"/me/addresses/{added.json()['id']}"
    replaced = await ada.ask("PUT", path, json={**ADDRESS, "city": "Paris", "country": "FR"})
    listed = await ada.ask("GET", "/me/addresses")
    shown = await ada.ask("GET", path)
    removed = await ada.ask("DELETE", path)

    assert added.status_code == 201
    assert {name: added.json()[name] for name in ADDRESS} == ADDRESS
    assert replaced.json()["city"] == "Paris"
    assert listed.json() == {"items": [replaced.json()], "next_cursor": None}
    assert shown.json() == replaced.json()
    assert removed.status_code == 204
    assert (await ada.ask("GET", "/me/addresses")).json()["items"] == []
    for method in ("GET", "DELETE"):
        assert refused(await ada.ask(method, path)) == (404, "address_not_found")
    assert refused(await ada.ask("PUT", path, json=ADDRESS)) == (404, "address_not_found")


async def test_an_address_nobody_can_deliver_to_is_refused(ada: Person) -> None:
    answer = await ada.ask("POST", "/me/addresses", json={**ADDRESS, "country": "Atlantis", "city": " "})

    assert answer.status_code == 422
    assert {error["field"] for error in problem_of(answer)["errors"]} == {"country", "city"}


async def test_an_address_book_has_an_end(ada: Person) -> None:
    for _ in range(50):
        assert (await ada.ask("POST", "/me/addresses", json=ADDRESS)).status_code == 201

    assert refused(await ada.ask("POST", "/me/addresses", json=ADDRESS)) == (409, "too_many_addresses")


async def test_somebody_else_s_address_is_as_good_as_none(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    eve = await joined(client, shop, "eve@example.com")
    path = f"/me/addresses/{(await ada.ask('POST', '/me/addresses', json=ADDRESS)).json()['id']}"

    for method, sent in (("GET", None), ("DELETE", None), ("PUT", ADDRESS)):
        assert refused(await eve.ask(method, path, json=sent)) == (404, "address_not_found")


async def test_everything_that_is_held_can_be_seen(ada: Person, buy: Buy, shop: Shop) -> None:
    """And nothing that proves who somebody is."""
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    order = (await buy(ada.headers)).json()["order"]
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 2})
    await ada.ask("POST", "/me/addresses", json=ADDRESS)
    app = await Scene(shop, ada.client).app(ada.headers, "profile")
    held = await ada.ask("GET", "/me/export")

    assert held.status_code == 200
    assert [each["order_id"] for each in held.json()["payments"]] == [order["id"]]
    assert [(each["client_id"], each["scopes"]) for each in held.json()["apps"]] == [(app["x-client"], ["profile"])]
    assert held.json()["user"] == (await ada.ask("GET", "/me")).json()
    assert [each["id"] for each in held.json()["orders"]] == [order["id"]]
    assert held.json()["cart"]["lines"][0]["quantity"] == 2
    assert held.json()["addresses"][0]["city"] == ADDRESS["city"]
    assert "argon2" not in held.text


async def test_a_device_that_was_left_open_shows_no_whole_life(ada: Person, shop: Shop) -> None:
    """Whoever finds it an hour later may look around, and takes nothing away."""
    await grown_old(shop, ada)
    held = await ada.ask("GET", "/me/export")

    assert (held.status_code, held.json()["code"]) == (401, "step_up_required")


async def test_who_is_forgotten_leaves_figures_alone(
    ada: Person, client: httpx.AsyncClient, shop: Shop, buy: Buy
) -> None:
    """Account, sessions and cart are gone at once, the person in the orders soon."""
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    order = (await buy(ada.headers)).json()["order"]
    early = await ada.ask("DELETE", "/me")
    await ada.ask("POST", f"/orders/{order['id']}/cancel")
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 2})
    erased = await ada.ask("DELETE", "/me")
    await shop.work_off()
    kept = await shop.as_(owner()).orders.find(number=order["number"])

    assert refused(early) == (409, "orders_under_way")
    assert (erased.status_code, erased.content) == (204, b"")
    assert refused(await ada.ask("GET", "/me")) == (401, "invalid_access_token")
    assert refused(await ada.login()) == (401, "invalid_credentials")
    assert kept.contact == Contact()
    assert kept.totals.total.amount == order["totals"]["total"]["amount"]
