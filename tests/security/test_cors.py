"""Web pages of other origins: an exact list, and nobody who looks like somebody on it."""

from typing import cast

import httpx
import pytest
from tests.security.conftest import Opened

pytestmark = pytest.mark.anyio

STORE = "https://www.example.org"
LIST = (STORE, "http://localhost:5173")
FOREIGN = [
    "null",
    "*",
    "https://example.org",
    "https://www.example.org.evil.test",
    "https://evil-www.example.org",
    "https://wwwxexample.org",
    "http://www.example.org",
    "https://www.example.org:8443",
    "https://www.example.org/",
    "https://WWW.example.org",
    "https://www.example.org, https://evil.test",
    "http://localhost:5174",
    "file://",
    "",
]


def preflight(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,idempotency-key",
    }


@pytest.mark.parametrize("origin", LIST)
async def test_an_origin_on_the_list_may_use_the_shop(opened: Opened, origin: str) -> None:
    """A browser asks first, and is then shown the answer with the headers that it needs."""
    async with opened(allowed_origins=LIST) as client:
        asked = await client.options("/cart/items", headers=preflight(origin))
        answer = await client.get("/products", headers={"Origin": origin})

    assert asked.status_code == 204
    assert {"POST", "PUT", "PATCH", "DELETE"} <= set(asked.headers["access-control-allow-methods"].split(", "))
    allowed = asked.headers["access-control-allow-headers"].lower().split(", ")
    assert {"content-type", "idempotency-key", "x-cart-token", "x-csrf-token", "authorization"} <= set(allowed)
    for each in (asked, answer):
        assert each.headers["access-control-allow-origin"] == origin
        assert each.headers["access-control-allow-credentials"] == "true"
        assert each.headers["vary"] == "Origin"
    assert "X-Cart-Token" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_no_other_origin_may(opened: Opened, origin: str) -> None:
    """`null` is what a sandboxed frame of any page has; look-alikes are other people's."""
    async with opened(allowed_origins=LIST) as client:
        asked = await client.options("/cart/items", headers=preflight(origin))
        answer = await client.get("/products", headers={"Origin": origin})

    assert asked.status_code == (403 if origin else 204)
    for each in (asked, answer):
        assert not [name for name in each.headers if name.startswith("access-control-allow-")]
        assert each.headers["vary"] == "Origin"


async def test_refusals_can_be_read_by_those_on_the_list(opened: Opened) -> None:
    """Else a shop page could not tell its visitor that something is sold out, or that it should wait."""
    async with opened(allowed_origins=LIST, rate_limits="on") as client:
        answers = [
            await client.get("/nothing/here", headers={"Origin": STORE}),
            await client.post("/cart/items", content=b"{", headers={"Origin": STORE}),
            *[await client.post("/cart/checkout", headers={"Origin": STORE}) for _ in range(31)],
        ]

    assert {answer.status_code for answer in answers} == {404, 415, 400, 429}
    assert {answer.headers.get("access-control-allow-origin") for answer in answers} == {STORE}
    assert "ratelimit-limit" in answers[-1].headers


async def test_without_a_list_nobody_may(opened: Opened) -> None:
    async with opened() as client:
        answers = [await client.options("/cart", headers=preflight(STORE)), await client.get("/cart")]

    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]


async def test_an_answer_from_memory_is_for_whoever_asks(opened: Opened) -> None:
    """A page that was kept for one origin must not tell the next one that it may read it."""
    async with opened(allowed_origins=LIST) as client:

        async def shown_to(origin: str | None) -> str | None:
            headers = {} if origin is None else {"Origin": origin}
            answer: httpx.Response = await client.get("/categories", headers=headers)
            return cast("str | None", answer.headers.get("access-control-allow-origin"))

        assert [await shown_to(each) for each in (STORE, "https://evil.test", LIST[1], None)] == [
            STORE,
            None,
            LIST[1],
            None,
        ]
