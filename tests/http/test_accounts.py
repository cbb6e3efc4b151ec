"""Accounts over HTTP: the way in, and passwords."""

import re
from typing import Any

import httpx
import pytest
from tests.http.conftest import problem_of, refused
from tests.http.people import PASSWORD, Person, bearer, joined, mails, register

from shopcore.shop import Shop

pytestmark = pytest.mark.anyio


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
