"""Sessions over HTTP: tokens that change, devices that sign out."""

import httpx
import pytest
from tests.http.conftest import refused
from tests.http.people import PASSWORD, Person, bearer, joined

from shopcore.shop import Shop

pytestmark = pytest.mark.anyio


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
