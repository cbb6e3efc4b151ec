"""Somebody registers another's address and waits for its owner to follow the link: they wait in vain."""

import re
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs
from tests.http.conftest import Buy, Fill, client_of, problem_of, settings_for
from tests.http.people import PASSWORD, Person, bearer, joined, mails, register

from shopcore.kernel.actor import Guest
from shopcore.shop import Shop

pytestmark = pytest.mark.anyio

ADA, EVES = "ada@example.com", "what the attacker chose"
ELSEWHERE = "198.51.100.7"


async def opens(client: httpx.AsyncClient, password: str) -> tuple[int, str]:
    answer = await client.post("/auth/login", json={"email": ADA, "password": password})
    return answer.status_code, "" if answer.is_success else problem_of(answer)["code"]


async def follow(client: httpx.AsyncClient, shop: Shop, **more: str) -> Person:
    """The owner of the mailbox follows the latest link to confirm it."""
    mail = [mail for mail in await mails(shop) if mail.subject == "Confirm your e-mail address"][-1]
    answer = await client.post("/auth/verify-email", json={"token": mail.token, **more})
    assert answer.status_code == 200, answer.text
    return Person(client, shop, ADA, answer.json())


@pytest.mark.parametrize(
    ("eves", "adas", "is_one_place"),
    [
        ("203.0.113.9", "203.0.113.200", False),  # a neighbour, or another customer of the provider
        ("2001:db8:1:1::9", "2001:db8:1:ffff::7", False),  # another subscriber's /64 of one /48
        ("2001:db8:1:1::9", "2001:db8:1:1:ffff::7", True),  # one subscriber's machines
    ],
)
async def test_a_neighbour_is_somebody_else(shop: Shop, eves: str, adas: str, is_one_place: bool) -> None:
    """What was registered next door does not stand, though the audit log could not tell the two apart."""
    async with client_of(shop, eves) as eve, client_of(shop, adas) as owner:
        await register(eve, ADA, EVES, name="Eve")
        ada = await follow(owner, shop)
        entered = await opens(eve, EVES)
    kept = await shop._store.accounts.find_by_email(ADA)

    assert ada.tokens["user"]["has_password"] is is_one_place
    assert entered == ((200, "") if is_one_place else (401, "invalid_credentials"))
    assert kept is not None
    assert kept.networks
    assert not any(mark in network for network in kept.networks for mark in ".:/")


async def test_a_proxy_that_names_nobody_is_no_place(tmp_path: Path) -> None:
    """Nor is a program that embeds the shop and does not say: what somebody registered there may be anybody's."""
    chosen = settings_for(tmp_path, trusted_proxies=("10.0.0.0/8",))
    async with Shop.open(chosen) as shop, client_of(shop, "10.0.0.1") as client:
        with capture_logs() as logged:
            await register(client, ADA, EVES)
            ada = await follow(client, shop)
        embedded = shop.as_(Guest()).accounts
        await embedded.register(email="bob@example.com", password=EVES)
        mail = [mail for mail in await mails(shop) if mail.to == "bob@example.com"][-1]
        bob = await embedded.verify_email(token=mail.token)

    assert ada.tokens["user"]["has_password"] is False
    assert bob.account.password is None
    assert bob.account.networks == ()
    assert len([each for each in logged if each["event"] == "a trusted proxy does not say who asks"]) == 1


async def test_a_neighbour_s_guesses_are_not_the_owner_s(shop: Shop) -> None:
    """Nor do they keep the owner out, on a device that is not known yet."""
    near, next_door = "203.0.113.200", "203.0.113.9"
    async with client_of(shop, near) as owner, client_of(shop, next_door) as eve:
        ada = await joined(owner, shop)
        tries = [await opens(eve, "a wrong password") for _ in range(6)]

        assert tries[-1] == (429, "too_many_attempts")
        assert (await ada.login()).status_code == 200


@pytest.mark.both_stores
async def test_who_registers_another_s_address_is_not_let_in_by_its_owner(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, buy: Buy
) -> None:
    """Pre-hijacking: the owner has the account and what they ordered as a guest, and sets a password by mail."""
    order = (await buy(await fill())).json()["order"]["id"]
    await register(client, ADA, EVES, name="Eve")
    async with client_of(shop, ELSEWHERE) as elsewhere:
        ada = await follow(elsewhere, shop)
        (reset,) = [mail for mail in await mails(shop) if mail.subject == "Set a new password"]
        early = await opens(client, EVES)
        await elsewhere.post("/auth/password/reset", json={"token": reset.token, "password": PASSWORD})
        orders = (await ada.client.get("/orders", headers=bearer((await ada.login()).json()["access_token"]))).json()

    assert (ada.tokens["user"]["has_password"], ada.tokens["user"]["name"]) == (False, None)
    assert reset.to == ADA
    assert early == (401, "invalid_credentials")
    assert await opens(client, EVES) == (401, "invalid_credentials")
    assert await opens(client, PASSWORD) == (200, "")
    assert [each["id"] for each in orders["items"]] == [order]


@pytest.mark.both_stores
async def test_nobody_s_account_becomes_the_one_of_another_s_address_by_a_click(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, buy: Buy
) -> None:
    """The link in the new mailbox takes the account as well; the mail says, masked, whose it is."""
    await buy(await fill())
    eve = await joined(client, shop, "eve@example.com")
    await eve.ask("POST", "/me/email", json={"email": ADA, "password": PASSWORD})
    asking = {mail.to: mail for mail in await mails(shop) if mail.subject.startswith("Agree")}
    by_eve, by_ada = asking[eve.email], asking[ADA]
    assert (await client.post("/auth/email/confirm", json={"token": by_eve.token})).json() == {"changed": False}
    bob = await joined(client, shop, "bob@example.com")
    refused = [
        await client.post("/auth/email/confirm", json={"token": by_ada.token}),
        await bob.ask("POST", "/auth/email/confirm", json={"token": by_ada.token}),
        await client.post("/auth/email/confirm", json={"token": by_ada.token}, headers=bearer("no token")),
        await client.post("/auth/email/confirm", json={"token": by_ada.token, "password": "a wrong password"}),
    ]
    orders = (await eve.ask("GET", "/orders")).json()["items"]

    assert "e***@example.com" in by_ada.text
    assert eve.email not in by_ada.text
    assert [(answer.status_code, problem_of(answer)["code"]) for answer in refused] == [
        *[(401, "account_not_shown")] * 3,
        (401, "invalid_credentials"),
    ]
    assert (await eve.ask("GET", "/me")).json()["email"] == eve.email
    assert orders == []
    assert (await joined(client, shop, ADA)).email == ADA


@pytest.mark.parametrize("proof", ["session", "cookies", "password"])
async def test_who_has_the_account_and_the_new_mailbox_agrees(
    client: httpx.AsyncClient, shop: Shop, proof: str
) -> None:
    """In the browser where they are signed in, or on the telephone with the password."""
    eve = await joined(client, shop, "eve@example.com")
    await eve.ask("POST", "/me/email", json={"email": ADA, "password": PASSWORD})
    tokens = {mail.to: mail.token for mail in await mails(shop) if mail.subject.startswith("Agree")}
    await client.post("/auth/email/confirm", json={"token": tokens[eve.email]})
    headers, body = {}, {"token": tokens[ADA]}
    if proof == "session":
        headers = eve.headers
    elif proof == "cookies":
        entered = await client.post("/auth/login?session=cookie", json={"email": eve.email, "password": PASSWORD})
        unasked = await client.post("/auth/email/confirm", json=body)
        assert problem_of(unasked)["code"] == "account_not_shown"
        headers = {"X-CSRF-Token": entered.json()["csrf_token"]}
    else:
        body["password"] = PASSWORD
    agreed = await client.post("/auth/email/confirm", json=body, headers=headers)

    assert agreed.json() == {"changed": True}


async def test_passwords_are_not_guessed_by_a_link(client: httpx.AsyncClient, shop: Shop) -> None:
    """Whoever has the new mailbox has five tries, as everywhere; without the link there are none."""
    eve = await joined(client, shop, "eve@example.com")
    await eve.ask("POST", "/me/email", json={"email": ADA, "password": PASSWORD})
    token = next(mail.token for mail in await mails(shop) if mail.to == ADA)
    body = {"token": token, "password": "a wrong password"}
    tries = [await client.post("/auth/email/confirm", json=body) for _ in range(6)]
    forged = await client.post("/auth/email/confirm", json={**body, "token": re.sub(r"^.", "!", token)})

    assert [answer.status_code for answer in tries] == [*[401] * 5, 429]
    assert (forged.status_code, problem_of(forged)["code"]) == (422, "invalid_link")


async def test_the_password_that_comes_with_the_link_is_the_one_that_counts(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    """Also from the attacker's own network, and where the attacker has registered last."""
    await register(client, ADA)
    await register(client, ADA, EVES)
    ada = await follow(client, shop, password=PASSWORD)

    assert ada.tokens["user"]["has_password"] is True
    assert await opens(client, EVES) == (401, "invalid_credentials")
    assert await opens(client, PASSWORD) == (200, "")
    assert "Set a new password" not in [mail.subject for mail in await mails(shop)]


async def test_who_chose_the_password_keeps_it_wherever_the_link_is_followed(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    """On the telephone with the password; on the machine that registered without."""
    await register(client, ADA)
    async with client_of(shop, ELSEWHERE) as telephone:
        await follow(telephone, shop, password=PASSWORD)
    bob = await joined(client, shop, "bob@example.com", name="Bob")

    assert await opens(client, PASSWORD) == (200, "")
    assert (await bob.login()).status_code == 200
    assert bob.tokens["user"]["name"] == "Bob"


@pytest.mark.parametrize(("password", "code"), [("short", "invalid_length"), (ADA, "personal_password")])
async def test_a_bad_password_leaves_the_link_good(
    client: httpx.AsyncClient, shop: Shop, password: str, code: str
) -> None:
    await register(client, ADA)
    (mail,) = await mails(shop)
    answer = await client.post("/auth/verify-email", json={"token": mail.token, "password": password})

    assert (answer.status_code, problem_of(answer)["errors"][0]["code"]) == (422, code)
    assert (await follow(client, shop)).tokens["user"]["has_password"] is True


async def test_a_false_link_says_nothing_of_a_password(client: httpx.AsyncClient, shop: Shop) -> None:
    """Nor does one that was followed before: it cannot set another one."""
    ada = await joined(client, shop)
    used = (await mails(shop))[0].token
    for token in (used, re.sub(r"^.", "!", used), ""):
        answer = await client.post("/auth/verify-email", json={"token": token, "password": "another password"})

        assert problem_of(answer)["code"] == "invalid_link"
    assert (await ada.login()).status_code == 200
