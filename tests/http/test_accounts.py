"""Accounts over HTTP: the way in, sessions, passwords, another address, the profile."""

import re
from typing import Any

import httpx
import pytest
from tests.http.conftest import ADDRESS, ORDER, Buy, Fill, problem_of
from tests.http.people import PASSWORD, Person, bearer, grown_old, joined, mails, register
from tests.security.scene import Scene

from shop_http.routes.auth import UserShown
from shopcore.kernel.address import Contact
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ada(client: httpx.AsyncClient, shop: Shop) -> Person:
    return await joined(client, shop)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, problem_of(answer)["code"]


# ----------------------------------------------------------------------------------------------------------- the way in


async def test_a_link_in_a_mail_opens_the_account(client: httpx.AsyncClient, shop: Shop) -> None:
    """Until it is followed, nobody gets in; it leads to the shop's own address and hides its token behind a `#`."""
    answer = await register(client, "ada@example.com", name="Ada")
    early = await client.post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    (mail,) = await mails(shop)
    verified = await client.post("/auth/verify-email", json={"token": mail.token})

    assert (answer.status_code, answer.json()) == (202, {})
    assert refused(early) == (403, "email_not_verified")
    assert mail.link.startswith(f"{shop.settings.app_url}/verify-email#token=")
    assert verified.status_code == 200
    assert set(verified.json()) == {"user", "access_token", "refresh_token", "token_type", "expires_in", "device_token"}
    assert verified.json()["user"]["email_verified"] is True
    assert verified.headers["cache-control"] == "no-store"


async def test_a_link_is_good_once(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    first = (await mails(shop))[0].token
    for token in (first, first[:-1], first.swapcase(), "", "none", "\ud800"):
        sent = f'{{"token": "{token}"}}' if token.isascii() else '{"token": "é"}'
        answer = await client.post(
            "/auth/verify-email", content=sent.encode(), headers={"Content-Type": "application/json"}
        )

        assert refused(answer) == (422, "invalid_link")


async def test_registering_again_changes_nothing(ada: Person, client: httpx.AsyncClient) -> None:
    """The password stays what it was, and the answer is the same."""
    again = await register(client, ada.email, "another password")

    assert (again.status_code, again.json()) == (202, {})
    assert (await ada.login()).status_code == 200
    assert refused(await ada.login(password="another password")) == (401, "invalid_credentials")


async def test_who_registers_somebody_s_address_does_not_wait_inside(client: httpx.AsyncClient, shop: Shop) -> None:
    """An account whose address two have claimed with two passwords has neither: a mail to set one comes at once."""
    await register(client, "ada@example.com", "what the attacker chose", name="Eve")
    await register(client, "ada@example.com", PASSWORD)
    mail = (await mails(shop))[-1]
    ada = Person(client, shop, mail.to, (await client.post("/auth/verify-email", json={"token": mail.token})).json())

    assert ada.tokens["user"]["name"] is None
    for password in ("what the attacker chose", PASSWORD):
        assert refused(await ada.login(password=password)) == (401, "invalid_credentials")
    (reset,) = [mail for mail in await mails(shop) if mail.subject == "Set a new password"]
    await client.post("/auth/password/reset", json={"token": reset.token, "password": PASSWORD})
    assert (await ada.login()).status_code == 200


async def test_who_registers_twice_is_one_person(client: httpx.AsyncClient, shop: Shop) -> None:
    """The mail was slow: with the same password nothing is lost, and the first link is good."""
    await register(client, "ada@example.com")
    first = (await mails(shop))[0]
    await register(client, "Ada@EXAMPLE.com")
    verified = await client.post("/auth/verify-email", json={"token": first.token})

    assert verified.status_code == 200
    assert (await client.post("/auth/login", json={"email": first.to, "password": PASSWORD})).status_code == 200


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "invalid_length"),
        ("x" * 257, "invalid_length"),
        ("1234567890", "common_password"),
        ("Password", "common_password"),
        ("aaaaaaaaaa", "common_password"),
        ("ada@example.com", "personal_password"),
        ("Ada Lovelace", "personal_password"),
    ],
)
async def test_a_password_that_anybody_would_try_is_refused(
    client: httpx.AsyncClient, password: str, code: str
) -> None:
    answer = await register(client, "ada@example.com", password, name="Ada Lovelace")
    problem = problem_of(answer)

    assert (answer.status_code, problem["errors"][0]["field"], problem["errors"][0]["code"]) == (422, "password", code)
    assert password not in answer.text


@pytest.mark.parametrize(
    "password", ["пароль на русском", "🔑🗝🔐🔏🔒🔓🚪🏠", "        x", "a" * 250 + "é" * 6, "\x00" * 7 + "x"]
)
async def test_any_letters_make_a_password(client: httpx.AsyncClient, shop: Shop, password: str) -> None:
    ada = await joined(client, shop, password=password)

    assert (await ada.login(password=password)).status_code == 200
    assert refused(await ada.login(password=password[:-1])) == (401, "invalid_credentials")


async def test_a_password_may_be_typed_on_another_keyboard(client: httpx.AsyncClient, shop: Shop) -> None:
    """Composed or not, wide or not: NFKC."""
    ada = await joined(client, shop, password="caf\u00e9 au lait")

    assert (await ada.login(password="cafe\u0301 au lait")).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"email": "nobody", "password": PASSWORD}, 422, "email"),
        ({"email": "ada@example.com"}, 422, "password"),
        ({"email": "ada@example.com", "password": 12345678}, 400, "password"),
        ({"email": "ada@example.com", "password": PASSWORD, "roles": ["owner"]}, 400, "roles"),
        ({"email": "ada@example.com", "password": PASSWORD, "verified_at": "2026-01-01"}, 400, "verified_at"),
        ({"email": "ada@example.com", "password": PASSWORD, "name": "\x1b[2J"}, 422, "name"),
    ],
)
async def test_a_registration_takes_its_own_fields_and_no_other(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, field: str
) -> None:
    answer = await client.post("/auth/register", json=body)

    assert answer.status_code == status
    assert problem_of(answer)["errors"][0]["field"] == field


async def test_nobody_learns_of_an_account_by_an_answer(ada: Person, client: httpx.AsyncClient) -> None:
    """Of one that exists and one that does not, everything is said in the same words."""
    known, unknown = ada.email, "nobody@example.com"
    for path, body in (
        ("/auth/register", {"password": PASSWORD}),
        ("/auth/verify-email/resend", {}),
        ("/auth/password/forgot", {}),
        ("/auth/login", {"password": "not the password"}),
    ):
        answers = [await client.post(path, json={**body, "email": email}) for email in (known, unknown)]
        told = [
            (answer.status_code, re.sub(r'"correlation_id":"[^"]*"', "", answer.text), sorted(answer.headers))
            for answer in answers
        ]

        assert told[0] == told[1]


async def test_tokens_come_by_name_and_password(ada: Person) -> None:
    answer = await ada.login()

    assert answer.status_code == 200
    assert set(answer.json()) == {"user", "access_token", "refresh_token", "token_type", "expires_in", "device_token"}
    assert answer.json()["token_type"] == "Bearer"
    assert PASSWORD not in answer.text
    for wrong in ({"password": "wrong password"}, {"email": "other@example.com"}, {"password": ""}):
        assert refused(await ada.login(**wrong)) == (401, "invalid_credentials")


# ------------------------------------------------------------------------------------------------------------- sessions


async def test_a_refresh_token_is_changed_for_the_next(ada: Person, client: httpx.AsyncClient) -> None:
    """A tab that was a moment late gets the same successor; after that one was used, the old one ends the session."""
    path, first = "/auth/refresh", {"refresh_token": ada.tokens["refresh_token"]}
    second, late = [(await client.post(path, json=first)).json() for _ in range(2)]
    third = await client.post(path, json={"refresh_token": second["refresh_token"]})
    replayed = await client.post(path, json=first)
    after = await client.post(path, json={"refresh_token": third.json()["refresh_token"]})
    told = await ada.last_mail()

    assert set(second) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert late["refresh_token"] == second["refresh_token"] != ada.tokens["refresh_token"]
    assert third.status_code == 200
    assert refused(replayed) == (401, "token_reused")
    assert refused(after) == (401, "invalid_refresh_token")
    assert refused(await client.get("/me", headers=bearer(third.json()["access_token"]))) == (
        *(401, "invalid_access_token"),
    )
    assert told.subject == "One of your devices was signed out"


async def test_what_is_no_refresh_token_is_refused(ada: Person, client: httpx.AsyncClient) -> None:
    token = ada.tokens["refresh_token"]
    for wrong in ("", "x", token[:-1], token + "A", token[:-3] + "AAA", "A" * len(token), ada.tokens["access_token"]):
        answer = await client.post("/auth/refresh", json={"refresh_token": wrong})

        assert refused(answer) == (401, "invalid_refresh_token")
    assert (await client.post("/auth/refresh", json={"refresh_token": token})).status_code == 200


async def test_a_device_that_signs_out_is_out_at_once(ada: Person, client: httpx.AsyncClient) -> None:
    """With both of its tokens; another device stays in."""
    other = (await ada.login()).json()
    left = await ada.ask("POST", "/auth/logout")

    assert (left.status_code, left.content) == (204, b"")
    assert refused(await ada.ask("GET", "/me")) == (401, "invalid_access_token")
    answer = await client.post("/auth/refresh", json={"refresh_token": ada.tokens["refresh_token"]})
    assert refused(answer) == (401, "invalid_refresh_token")
    assert (await client.get("/me", headers=bearer(other["access_token"]))).status_code == 200


async def test_all_devices_are_listed_and_each_can_be_signed_out(ada: Person, client: httpx.AsyncClient) -> None:
    await client.post(
        "/auth/login", json={"email": ada.email, "password": PASSWORD}, headers={"User-Agent": "A telephone\x07"}
    )
    listed = (await ada.ask("GET", "/auth/sessions")).json()["items"]
    telephone = listed[1]
    gone = await ada.ask("DELETE", f"/auth/sessions/{telephone['id']}")
    again = await ada.ask("DELETE", f"/auth/sessions/{telephone['id']}")

    assert [one["current"] for one in listed] == [True, False]
    assert (telephone["device"], telephone["app"]) == ("A telephone", None)
    assert telephone["origin"].endswith("/24")  # never an address
    assert telephone["methods"] == ["pwd"]
    assert gone.status_code == 204
    assert refused(again) == (404, "session_not_found")
    assert len((await ada.ask("GET", "/auth/sessions")).json()["items"]) == 1


async def test_signing_out_everywhere_spares_no_device(ada: Person, client: httpx.AsyncClient) -> None:
    other = (await ada.login()).json()
    answer = await ada.ask("POST", "/auth/logout-all")

    assert answer.status_code == 204
    for token in (ada.tokens["access_token"], other["access_token"]):
        assert (await client.get("/me", headers=bearer(token))).status_code == 401


async def test_somebody_else_s_session_is_as_good_as_none(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    eve = await joined(client, shop, "eve@example.com")
    session = (await ada.ask("GET", "/auth/sessions")).json()["items"][0]["id"]

    assert refused(await eve.ask("DELETE", f"/auth/sessions/{session}")) == (404, "session_not_found")
    assert (await ada.ask("GET", "/me")).status_code == 200


async def test_the_keys_of_tokens_are_public(client: httpx.AsyncClient) -> None:
    answer = await client.get("/.well-known/jwks.json")

    assert answer.status_code == 200
    assert answer.json()["keys"][0]["crv"] == "Ed25519"
    assert "d" not in answer.json()["keys"][0]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/logout"),
        ("POST", "/auth/logout-all"),
        ("GET", "/auth/sessions"),
        ("DELETE", "/auth/sessions/x"),
        ("POST", "/auth/mfa/totp"),
        ("GET", "/me"),
        ("GET", "/me/addresses"),
        ("GET", "/me/addresses/x"),
        ("DELETE", "/me/addresses/x"),
        ("GET", "/orders"),
    ],
)
async def test_what_is_a_customer_s_needs_one(client: httpx.AsyncClient, method: str, path: str) -> None:
    assert refused(await client.request(method, path)) == (401, "unauthenticated")
    unknown = await client.request(method, path, headers=bearer("x"))
    assert refused(unknown) == (401, "invalid_access_token")
    assert unknown.headers["www-authenticate"] == "Bearer"


# ------------------------------------------------------------------------------------------------------------ passwords


async def test_a_forgotten_password_is_set_by_mail(ada: Person, client: httpx.AsyncClient) -> None:
    """The link is good once, every session ends, and the customer is told."""
    asked = await client.post("/auth/password/forgot", json={"email": ada.email})
    mail = await ada.last_mail()
    reset = {"token": mail.token, "password": "analytical engine"}
    common = await client.post("/auth/password/reset", json={**reset, "password": "password1"})
    answer = await client.post("/auth/password/reset", json=reset)
    again = await client.post("/auth/password/reset", json={**reset, "password": "what eve likes"})

    assert (asked.status_code, asked.json()) == (202, {})
    assert mail.link.startswith(f"{ada.shop.settings.app_url}/reset-password#token=")
    assert (common.status_code, problem_of(common)["errors"][0]["field"]) == (422, "password")
    assert (answer.status_code, answer.content) == (204, b"")
    assert refused(again) == (422, "invalid_link")
    assert refused(await ada.login()) == (401, "invalid_credentials")
    assert (await ada.login(password="analytical engine")).status_code == 200
    assert refused(await ada.ask("GET", "/me")) == (401, "invalid_access_token")
    assert (await ada.last_mail()).subject == "Your password was changed"


async def test_a_changed_password_ends_the_other_sessions(ada: Person, client: httpx.AsyncClient) -> None:
    """And makes void every link that was mailed before."""
    other = (await ada.login()).json()
    await client.post("/auth/password/forgot", json={"email": ada.email})
    link = (await ada.last_mail()).token
    change = {"current": PASSWORD, "new": "analytical engine"}
    wrong = await ada.ask("POST", "/auth/password/change", json={**change, "current": "wrong password"})
    common = await ada.ask("POST", "/auth/password/change", json={**change, "new": "password1"})
    answer = await ada.ask("POST", "/auth/password/change", json=change)

    assert refused(wrong) == (401, "invalid_credentials")
    assert (common.status_code, problem_of(common)["errors"][0]["field"]) == (422, "new")
    assert answer.status_code == 204
    assert (await ada.ask("GET", "/me")).status_code == 200
    assert (await client.get("/me", headers=bearer(other["access_token"]))).status_code == 401
    assert (await ada.login(password="analytical engine")).status_code == 200
    reset = await client.post("/auth/password/reset", json={"token": link, "password": "what eve likes"})
    assert refused(reset) == (422, "invalid_link")


# ------------------------------------------------------------------------------------------------ another address


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


# ------------------------------------------------------------------------------------------------------------- profile


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


# -------------------------------------------------------------------------------------------------------------- privacy


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


# ---------------------------------------------------------------------------------------------------- carts and orders


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


async def test_whoever_did_not_register_is_told_not_to_follow_the_link(client: httpx.AsyncClient, shop: Shop) -> None:
    """Since following it lets in whoever chose the password."""
    await register(client, "ada@example.com", "what the attacker chose")
    (mail,) = await mails(shop)

    assert "chose a password" in mail.text
    assert mail.text.index("If it was not you, do not") > mail.text.index(mail.link)
    assert refused(await Person(client, shop, mail.to, {}, "what the attacker chose").login()) == (
        403,
        "email_not_verified",
    )


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


async def test_whoever_resets_their_password_is_let_in_at_once(ada: Person, client: httpx.AsyncClient) -> None:
    """After ten wrong tries too; asking for the mail, which anybody can, lets nobody guess on."""
    guess = {"email": ada.email, "password": "what eve likes"}
    while (answer := await client.post("/auth/login", json=guess)).status_code == 401:
        pass
    assert refused(answer) == (429, "too_many_attempts")
    await client.post("/auth/password/forgot", json={"email": ada.email})
    link = (await ada.last_mail()).token
    assert refused(await client.post("/auth/login", json=guess)) == (429, "too_many_attempts")
    await client.post("/auth/password/reset", json={"token": link, "password": "analytical engine no. 1"})
    entered = await ada.login(password="analytical engine no. 1")
    guesses = [(await client.post("/auth/login", json=guess)).status_code for _ in range(10)]

    assert entered.status_code == 200
    assert (guesses[0], guesses[-1]) == (401, 429)


async def test_own_orders_are_paged(ada: Person, buy: Buy) -> None:
    """A cursor is good for its own customer's list alone."""
    for _ in range(3):
        await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
        await buy(ada.headers)
    first = (await ada.ask("GET", "/orders?limit=2")).json()
    second = (await ada.ask("GET", f"/orders?limit=2&cursor={first['next_cursor']}")).json()

    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)
