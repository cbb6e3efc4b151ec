"""Who is believed about where a request comes from, and what a request in the clear gets."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http.conftest import client_of, settings_for
from tests.security.conftest import Opened
from tests.security.scene import Scene

from shop_http.middleware.networks import masked, networks_of
from shop_http.middleware.proxies import Proxies, _caller
from shopcore.shop import Shop

pytestmark = pytest.mark.anyio

INSIDE = "10.1.0.4"
PROXIES = ("10.0.0.0/8", "2001:db8:1::/48")
PRODUCTION = {
    "shop_env": "production",
    "app_url": "https://shop.example.org",
    "allowed_hosts": ("shop.example.org",),
    "trusted_proxies": PROXIES,
}
AS_A_PROXY_SAYS = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "Host": "shop.example.org"}


async def telling(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it believes."""
    host = dict(scope["headers"])[b"host"].decode()
    body = f"{scope['client'][0]} {scope['scheme']} {host}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body, "more_body": False})


Told = Callable[..., Awaitable[str]]


@asynccontextmanager
async def behind(peer: str) -> AsyncGenerator[Told]:
    transport = httpx.ASGITransport(cast("Any", Proxies(telling, trusted=PROXIES)), client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:

        async def told(**headers: str) -> str:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return (await client.get("/", headers=named)).text

        yield told


@pytest.mark.parametrize("peer", [INSIDE, "2001:db8:1::9", "::ffff:10.1.0.4"])
async def test_a_named_proxy_is_believed(peer: str) -> None:
    async with behind(peer) as told:
        assert (
            await told(x_forwarded_for="198.51.100.7", x_forwarded_proto="https", x_forwarded_host="shop.example.org")
            == "198.51.100.7 https shop.example.org"
        )


@pytest.mark.parametrize("peer", ["203.0.113.9", "127.0.0.1", "2001:db8:2::9", "11.0.0.1"])
async def test_nobody_else_is(peer: str) -> None:
    """Not even this machine, unless it is named."""
    async with behind(peer) as told:
        assert (
            await told(x_forwarded_for="198.51.100.7", x_forwarded_proto="https", x_forwarded_host="shop.example.org")
            == f"{peer} http inside"
        )


@pytest.mark.parametrize(
    ("hops", "caller"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("192.0.2.66, 198.51.100.7", "198.51.100.7"),
        ("192.0.2.66, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.2.2.2, 10.3.3.3", "10.2.2.2"),
        ("127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:5123", "198.51.100.7"),
        ("[2001:db8:9::1]:443", "2001:db8:9::1"),
        ("2001:db8:9::1", "2001:db8:9::1"),
        ("198.51.100.7, unknown", INSIDE),
        ("198.51.100.7, '; DROP TABLE orders, 10.9.9.9", "10.9.9.9"),
        ("", INSIDE),
    ],
)
async def test_the_caller_is_the_first_from_the_end_that_is_no_proxy(hops: str, caller: str) -> None:
    """What a caller writes in front of it is not believed, nor what stands before something unreadable."""
    async with behind(INSIDE) as told:
        assert (await told(x_forwarded_for=hops)).split()[0] == caller


@given(st.lists(st.ip_addresses(v=4).map(str) | st.text(max_size=9).map(lambda text: text.replace(",", ""))))
async def test_nobody_can_choose_the_address_that_they_are_counted_under(forged: list[str]) -> None:
    """Whatever stands before what the proxy has put down."""
    hops = [hop.encode("latin-1", errors="ignore") for hop in (*forged, "198.51.100.7", "10.9.9.9")]

    assert _caller(hops, networks_of(PROXIES)) == "198.51.100.7"


@pytest.mark.parametrize("proto", ["ftp", "", "https evil", "HTTPS\t"])
async def test_what_is_no_scheme_is_ignored(proto: str) -> None:
    async with behind(INSIDE) as told:
        assert (await told(x_forwarded_proto=proto)).split()[1] == ("https" if proto.strip() == "HTTPS" else "http")


@pytest.mark.parametrize("host", ["evil.test/path", "a b", "shop@evil.test", "", "x" * 300])
async def test_what_is_no_host_is_ignored(host: str) -> None:
    async with behind(INSIDE) as told:
        assert (await told(x_forwarded_host=host)).split()[2] == "inside"


# --------------------------------------------------------------------------------------------------------- in the clear


async def test_behind_its_proxy_a_shop_in_production_answers_and_keeps_browsers_on_https(opened: Opened) -> None:
    async with opened(INSIDE, **PRODUCTION) as client:
        for path in ("/products", "/nothing", "/docs", "/openapi.json"):
            answer = await client.get(path, headers=AS_A_PROXY_SAYS)

            assert answer.status_code in {200, 404}
            assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_look_in_the_clear_is_sent_to_https(opened: Opened) -> None:
    """To the shop's own name, whatever the request calls it."""
    async with opened(INSIDE, **PRODUCTION) as client:
        headers = {**AS_A_PROXY_SAYS, "X-Forwarded-Proto": "http"}
        answer = await client.get("http://inside//evil.test/products?tag=a", headers=headers)

    assert answer.status_code == 308
    assert answer.headers["location"] == "https://shop.example.org/evil.test/products?tag=a"


@pytest.mark.parametrize("secret", ["Authorization", "Cookie", "X-Cart-Token", "X-Order-Token"])
async def test_a_secret_in_the_clear_is_refused(opened: Opened, secret: str) -> None:
    """A redirect would hide that it has been seen on the way."""
    headers = {**AS_A_PROXY_SAYS, "X-Forwarded-Proto": "http", secret: "s3cret"}
    async with opened(INSIDE, **PRODUCTION) as client:
        answers = [await client.get("/cart", headers=headers), await client.post("/cart/items", headers=headers)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(400, "https_required")] * 2


async def test_who_passes_the_proxy_by_cannot_say_that_it_was_https(opened: Opened) -> None:
    async with opened("203.0.113.9", **PRODUCTION) as client:
        answer = await client.post("/cart/items", headers=AS_A_PROXY_SAYS)

    assert answer.json()["code"] == "https_required"


async def test_probes_and_scrapers_come_from_inside(opened: Opened) -> None:
    async with opened("10.2.0.1", **PRODUCTION) as client:
        health = await client.get("/health/live", headers={"Host": "10.1.0.9:8000"})
        figures = await client.get("/metrics", headers={"Host": "shop.example.org"})

    assert (health.status_code, figures.status_code) == (200, 200)


@pytest.mark.parametrize(
    "host", ["evil.test", "shop.example.org.evil.test", "shop.example.org@evil.test", "evil.test:443"]
)
async def test_a_poisoned_host_is_refused(opened: Opened, host: str) -> None:
    """Directly, and as a proxy that passes a caller's own header on says it."""
    async with opened(INSIDE, **PRODUCTION) as client:
        direct = await client.get("/products", headers={**AS_A_PROXY_SAYS, "Host": host})
        said = await client.get("/products", headers={**AS_A_PROXY_SAYS, "X-Forwarded-Host": "evil.test"})

    assert [(answer.status_code, answer.json()["code"]) for answer in (direct, said)] == [(400, "unknown_host")] * 2


# ------------------------------------------------------------------------------------------------------------- networks


@pytest.mark.parametrize(
    ("address", "status"),
    [("198.51.100.7", 200), ("203.0.113.9", 403), ("198.51.100.66", 403), ("::ffff:198.51.100.7", 200)],
)
async def test_networks_are_let_in_and_kept_out(opened: Opened, address: str, status: int) -> None:
    """A block within what is allowed holds."""
    lists = {"allowed_networks": ("198.51.100.0/24",), "blocked_networks": ("198.51.100.64/26",)}
    async with opened(address, **lists) as client:
        answer = await client.get("/products")
        probe = await client.get("/health/live")

    assert (answer.status_code, probe.status_code) == (status, 200)


async def test_a_caller_behind_a_proxy_is_judged_by_their_own_address(opened: Opened) -> None:
    async with opened(INSIDE, trusted_proxies=PROXIES, blocked_networks=("198.51.100.0/24",)) as client:
        blocked = await client.get("/products", headers={"X-Forwarded-For": "198.51.100.7"})
        other = await client.get("/products", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})

    assert (blocked.status_code, other.status_code) == (403, 200)


async def test_a_caller_behind_a_proxy_has_limits_of_their_own(opened: Opened) -> None:
    async with opened(INSIDE, trusted_proxies=PROXIES, rate_limits="on") as client:

        async def left(caller: str) -> int:
            answer = await client.get("/products", headers={"X-Forwarded-For": f"{caller}, 203.0.113.9"})
            return int(answer.headers["ratelimit-remaining"])

        first, second = await left("1.1.1.1"), await left("2.2.2.2")
        other = await client.get("/products", headers={"X-Forwarded-For": "203.0.113.10"})

    assert (first - second, int(other.headers["ratelimit-remaining"])) == (1, first)


async def test_the_audit_log_says_from_which_network_and_not_from_where(tmp_path: Path) -> None:
    """Of whoever acts, as the proxy says it; what a command does comes from nowhere."""
    async with (
        Shop.open(settings_for(tmp_path, trusted_proxies=PROXIES)) as shop,
        client_of(shop, INSIDE) as client,
    ):
        scene = Scene(shop, client)
        somebody, key = await scene.customer(), await scene.key("customers:write", "audit:read")
        caller = {"X-Forwarded-For": "198.51.100.77"}
        locked = await client.post(f"/admin/customers/{somebody['x-id']}/lock", headers={**key, **caller})
        answer = await client.get("/admin/audit", headers=key)

    assert locked.status_code == 200
    assert [(entry["action"], entry["origin"]) for entry in answer.json()["items"]][:2] == [
        ("customer.lock", "198.51.100.0/24"),
        ("api_key.create", None),
    ]
    assert "198.51.100.77" not in answer.text


@pytest.mark.parametrize(
    ("address", "kept"),
    [("198.51.100.7", "198.51.100.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("testclient", "")],
)
def test_of_an_address_only_the_surroundings_are_kept(address: str, kept: str) -> None:
    assert masked(address) == kept
