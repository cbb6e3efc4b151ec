"""What programs do by the thousand is slowed, by whoever does it, and costs others nothing."""

import asyncio
import threading

import httpx
import pytest
from tests.http.conftest import problem_of
from tests.http.people import PASSWORD
from tests.security.conftest import Opened

from shopcore.shop import Shop

pytestmark = pytest.mark.anyio

SLOWED = {
    "registering": ("/auth/register", {"email": "{n}@example.com", "password": PASSWORD}, 10),
    "asking for a link to a new password": ("/auth/password/forgot", {"email": "{n}@example.com"}, 10),
    "asking for the first mail again": ("/auth/verify-email/resend", {"email": "{n}@example.com"}, 10),
    "guessing the link to a new password": ("/auth/password/reset", {"token": "{n}", "password": PASSWORD}, 30),
    "guessing the link of the first mail": ("/auth/verify-email", {"token": "{n}"}, 30),
    "guessing refresh tokens": ("/auth/refresh", {"refresh_token": "{n}"}, 30),
    "guessing passwords of many": ("/auth/login", {"email": "{n}@example.com", "password": PASSWORD}, 20),
    "asking for passkeys": ("/auth/passkeys/sign-in/options", {}, 20),
    "guessing coupons": ("/cart/coupons", {"code": "SAVE{n}"}, 15),
}


@pytest.mark.parametrize("what", SLOWED)
async def test_what_is_guessed_by_the_thousand_is_slowed(opened: Opened, what: str) -> None:
    """From one address, whatever is named; the answer says how long to wait, and others are not held up."""
    path, body, limit = SLOWED[what]
    async with opened(rate_limits="on") as client:
        answers = [
            await client.post(path, json={name: value.format(n=number) for name, value in body.items()})
            for number in range(limit + 3)
        ]
        other = await client.get("/products")

    assert 429 not in {answer.status_code for answer in answers[:limit]}
    assert {answer.status_code for answer in answers[limit:]} == {429}
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert other.status_code == 200


async def test_pages_are_served_while_passwords_are_computed(client: httpx.AsyncClient, shop: Shop) -> None:
    """All threads that hash are busy, as many wait as may: a page is as it was, the next sign-in is refused early."""
    passwords, go_on = shop._world.passwords, threading.Event()
    compute = passwords._compute  # type: ignore[attr-defined]
    waiting = [asyncio.ensure_future(compute(go_on.wait)) for _ in range(passwords._free)]  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    try:
        page = await client.get("/products")
        refused = await client.post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    finally:
        go_on.set()
        await asyncio.gather(*waiting)
    later = await client.post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})

    assert page.status_code == 200
    assert (refused.status_code, problem_of(refused)["code"]) == (503, "passwords_busy")
    assert int(refused.headers["retry-after"]) >= 1
    assert later.status_code == 401
