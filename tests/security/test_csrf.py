"""Sessions in cookies: no script reads them, no other page acts with them, and nobody gives one to somebody else."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.datastructures import Headers
from tests.http.conftest import client_of, problem_of, settings_for
from tests.http.people import PASSWORD, Person, joined

from shop_http.cookies import Jar, cookie_of
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

ADA = {"email": "ada@example.com", "password": PASSWORD}


class Browser:
    """A page of the shop in a browser: it keeps cookies, and what it was told when it signed in."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.cookies: dict[str, str] = {}
        self.token = ""

    async def ask(self, method: str, path: str, *, csrf: bool = True, **sent: Any) -> httpx.Response:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"X-CSRF-Token": self.token} if csrf else {}
        answer = await self.client.request(method, path, headers={**headers, **sent.pop("headers", {})}, **sent)
        self.client.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    async def sign_in(self) -> httpx.Response:
        answer = await self.ask("POST", "/auth/login?session=cookie", json=ADA)
        self.token = answer.json()["csrf_token"]
        return answer


@pytest.fixture
async def browser(client: httpx.AsyncClient, ada: Person) -> Browser:
    signed_in = Browser(client)
    await signed_in.sign_in()
    return signed_in


async def test_signing_in_sets_cookies_and_tells_no_token(client: httpx.AsyncClient, ada: Person) -> None:
    """In development without HTTPS; no script can read them."""
    browser = Browser(client)
    answer = await browser.sign_in()
    cookies = answer.headers.get_list("set-cookie")

    assert set(answer.json()) == {"user", "expires_in", "csrf_token"}
    assert [cookie.partition("=")[0] for cookie in cookies] == ["shop-access", "shop-refresh", "shop-device"]
    assert all("; HttpOnly; SameSite=Lax" in cookie and "Secure" not in cookie for cookie in cookies)
    assert not any(value in answer.text for value in browser.cookies.values())
    assert (await browser.ask("GET", "/me")).json()["email"] == ada.email


async def test_outside_development_they_travel_over_https_alone(tmp_path: Path) -> None:
    """And are bound to the host, so that no neighbour can plant one."""
    proxy = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "Host": "shop.example.org"}
    settings = settings_for(
        tmp_path,
        shop_env="production",
        app_url="https://shop.example.org",
        allowed_hosts=("shop.example.org",),
        trusted_proxies=("127.0.0.1",),
    )
    async with Shop.open(settings) as shop, client_of(shop) as client:
        client.headers.update(proxy)
        await joined(client, shop)
        answer = await client.post("/auth/login?session=cookie", json=ADA)
        cookies = answer.headers.get_list("set-cookie")

    names = [cookie.partition("=")[0] for cookie in cookies]
    assert names == ["__Host-shop-access", "__Host-shop-refresh", "__Host-shop-device"]
    assert all(cookie.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure") for cookie in cookies[:1])
    assert all("; Path=/; " in cookie and cookie.endswith("; Secure") for cookie in cookies)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/logout"),
        ("PATCH", "/me"),
        ("POST", "/cart/items"),
        ("DELETE", "/auth/sessions/x"),
        ("POST", "/orders/x/cancel"),
    ],
)
@pytest.mark.parametrize("token", [None, "", "0" * 64, "ä", "of another session"])
async def test_another_page_cannot_act(
    browser: Browser, client: httpx.AsyncClient, method: str, path: str, token: str | None
) -> None:
    """Without the page's token, with a made-up one, with that of another session of the same customer."""
    if token == "of another session":
        other = Browser(client)
        await other.sign_in()
        token = other.token
    headers = {} if token is None else {b"X-CSRF-Token": token.encode()}
    answer = await browser.ask(method, path, csrf=False, headers=headers, json={"name": "Eve"})

    assert (answer.status_code, problem_of(answer)["code"]) == (403, "csrf_token_required")
    assert (await browser.ask("GET", "/me")).json()["name"] is None


async def test_a_page_of_ours_can(browser: Browser) -> None:
    """And looks need no token; nor does an app, which no other page can make send its header."""
    assert (await browser.ask("PATCH", "/me", json={"name": "Ada"})).json()["name"] == "Ada"
    assert (await browser.ask("GET", "/me", csrf=False)).json()["name"] == "Ada"
    bearer = {"Authorization": f"Bearer {browser.cookies['shop-access']}"}
    assert (await browser.ask("PATCH", "/me", csrf=False, headers=bearer, json={"name": "A"})).status_code == 200


async def test_a_session_goes_on_by_its_cookies(browser: Browser) -> None:
    """Refreshed by a page of ours alone, which after loading anew asks for its token."""
    old = dict(browser.cookies)
    refused = await browser.ask("POST", "/auth/refresh?session=cookie", csrf=False)
    told = await browser.ask("GET", "/auth/csrf", csrf=False)
    answer = await browser.ask("POST", "/auth/refresh?session=cookie")

    assert (refused.status_code, problem_of(refused)["code"]) == (403, "csrf_token_required")
    assert told.json()["csrf_token"] == answer.json()["csrf_token"] == browser.token
    assert set(answer.json()) == {"expires_in", "csrf_token"}
    assert browser.cookies.keys() == old.keys()
    assert browser.cookies["shop-refresh"] != old["shop-refresh"]
    assert (await browser.ask("GET", "/me")).status_code == 200


async def test_signing_out_takes_the_cookies_away(browser: Browser) -> None:
    """And what they held is void, if somebody has kept it."""
    kept = dict(browser.cookies)
    answer = await browser.ask("POST", "/auth/logout")

    assert answer.status_code == 204
    assert all("Max-Age=0" in cookie for cookie in answer.headers.get_list("set-cookie"))
    browser.cookies = kept
    assert (await browser.ask("GET", "/me")).status_code == 401
    assert (await browser.ask("POST", "/auth/refresh?session=cookie")).status_code == 401


async def test_who_leaves_late_is_out_too(browser: Browser) -> None:
    """The access cookie lasts ten minutes, the session a month: the next visitor of the machine must not have it."""
    del browser.cookies["shop-access"]
    kept = dict(browser.cookies)
    forged = await browser.ask("POST", "/auth/logout", csrf=False)
    still = await browser.ask("POST", "/auth/refresh?session=cookie")
    browser.cookies.pop("shop-access")
    answer = await browser.ask("POST", "/auth/logout")
    emptied = {line.partition("=")[0] for line in answer.headers.get_list("set-cookie") if "Max-Age=0" in line}

    assert (forged.status_code, problem_of(forged)["code"]) == (403, "csrf_token_required")
    assert still.status_code == 200
    assert (answer.status_code, answer.content) == (204, b"")
    assert emptied == {"shop-access", "shop-refresh"}
    browser.cookies = kept
    assert (await browser.ask("POST", "/auth/refresh?session=cookie")).status_code == 401


async def test_a_session_that_ended_elsewhere_leaves_no_cookies(browser: Browser, ada: Person, shop: Shop) -> None:
    """Whatever is left in the browser; what nobody was given ends nothing."""
    (session,) = [one for one in (await ada.ask("GET", "/auth/sessions")).json()["items"] if not one["current"]]
    kept = dict(browser.cookies)
    await ada.ask("DELETE", f"/auth/sessions/{session['id']}")
    answers = []
    for _ in range(2):
        browser.cookies = dict(kept)
        answers.append(await browser.ask("POST", "/auth/logout"))
    browser.cookies = {"shop-refresh": "A" * 75}
    unknown = await browser.ask("POST", "/auth/logout")
    browser.cookies = {}

    assert [(one.status_code, len(one.headers.get_list("set-cookie"))) for one in answers] == [(204, 2)] * 2
    assert (unknown.status_code, problem_of(unknown)["code"]) == (401, "invalid_refresh_token")
    assert (await browser.ask("POST", "/auth/logout")).status_code == 401
    assert (await ada.ask("GET", "/me")).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_of_another_page_cannot_sign_a_visitor_in(
    client: httpx.AsyncClient, ada: Person, content_type: str
) -> None:
    """Login forgery: what a form can send is no JSON, and for JSON a browser asks the shop first."""
    content = f'{{"email": "{ADA["email"]}", "password": "{PASSWORD}"}}'.encode()
    answer = await client.post("/auth/login?session=cookie", content=content, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.headers.get("set-cookie")) == (415, None)


async def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(browser: Browser) -> None:
    """Session fixation: signing in makes another, whatever cookies the browser had before."""
    planted = dict(browser.cookies)
    await browser.sign_in()

    assert not set(planted.values()) & set(browser.cookies.values())


async def test_a_cookie_that_is_no_session_is_refused_and_hinders_nobody_on_the_way_in(
    client: httpx.AsyncClient, ada: Person
) -> None:
    stale = {"Cookie": "shop-access=eyJhbGciOiJub25lIn0.e30."}
    assert (await client.get("/me", headers=stale)).status_code == 401
    assert (await client.get("/products", headers=stale)).status_code == 200
    assert (await client.post("/auth/login", json=ADA, headers=stale)).status_code == 200
    for path in ("/auth/csrf", "/auth/csrf"):
        assert (await client.get(path, headers={"Cookie": "shop-refresh=x"})).status_code == 401
    assert (await client.get("/auth/csrf")).status_code == 401


def test_of_two_cookies_of_a_name_neither_counts() -> None:
    """One of them may have been planted by a neighbour; nobody can say which."""

    def found(*lines: str) -> str | None:
        return cookie_of(Headers([(b"cookie", line.encode()) for line in lines]), "shop-access")

    assert found("a=1; shop-access=x; b=2") == "x"
    assert found("a=1", "shop-access=x") == "x"
    assert found("shop-access=x; shop-access=y") is None
    assert found("shop-access=x", "shop-access=x") is None
    assert found("my-shop-access=x") is None
    assert found(f"shop-access=x; {'a' * 9_000}") is None
    assert found() is None


def test_a_jar_says_how_its_cookies_travel() -> None:
    assert (Jar(is_secure=True).access, Jar(is_secure=False).access) == ("__Host-shop-access", "shop-access")


async def test_staff_of_a_browser_are_staff(browser: Browser, shop: Shop) -> None:
    """With what they may, and a page's token for what they change."""
    await shop.as_(owner()).people.add_colleague(email="ada@example.com", roles=["owner"])
    forged = await browser.ask("PUT", "/admin/roles/packer", csrf=False, json={"permissions": ["orders:read"]})
    made = await browser.ask("PUT", "/admin/roles/packer", json={"permissions": ["orders:read"]})

    assert (forged.status_code, made.status_code) == (403, 200)


@pytest.fixture
async def cross_origin(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    settings = settings_for(tmp_path, allowed_origins=("https://www.example.org",))
    async with client_of(settings) as opened:
        yield opened


async def test_another_origin_is_not_even_told_the_token(cross_origin: httpx.AsyncClient) -> None:
    """A browser keeps from a page what does not name the page's origin."""
    answer = await cross_origin.get("/auth/csrf", headers={"Origin": "https://evil.test", "Cookie": "shop-refresh=x"})

    assert "access-control-allow-origin" not in answer.headers
