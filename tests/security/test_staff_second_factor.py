"""A shop that asks its staff for a second factor: who has none is told to set one up, and can."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from tests.authenticators import ORIGIN
from tests.http.conftest import client_of, problem_of, settings_for
from tests.http.people import Person, bearer, joined
from tests.security.test_passkeys import with_passkey
from tests.security.test_second_factor import enrolled

from shop_http.app import create_app
from shopcore.access.errors import SecondFactorRequired
from shopcore.access.model.members import require_second_factor
from shopcore.kernel.actor import SignIn
from shopcore.kernel.ids import SessionId
from shopcore.shop import Shop, owner
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.anyio


@pytest.fixture
async def grace(tmp_path: Path) -> AsyncGenerator[Person]:
    """Somebody who works here and signs in by password."""
    chosen = settings_for(tmp_path, staff_second_factor="required", app_url=ORIGIN)
    async with Shop.open(chosen) as shop, client_of(create_app(shop)) as client:
        person = await joined(client, shop, "grace@example.com")
        await shop.as_(owner()).people.add_colleague(email=person.email, roles=["owner"])
        person.tokens = (await person.login()).json()
        yield person


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, problem_of(answer)["code"]


async def test_staff_without_one_are_told_to_set_one_up(grace: Person) -> None:
    """At the door, whatever they ask; as a customer they go on."""
    answers = [await grace.ask("GET", path) for path in ("/admin/audit", "/admin/staff", "/admin/customers")]
    written = await grace.ask("POST", "/admin/api-keys", json={"name": "Any", "permissions": ["audit:read"]})

    assert {refused(answer) for answer in (*answers, written)} == {(403, "second_factor_required")}
    assert "POST /auth/mfa/totp" in problem_of(written)["detail"]
    assert (await grace.ask("GET", "/me")).status_code == 200


async def test_they_can_and_then_they_act(grace: Person) -> None:
    """The session from before shows nothing of it; the next one does, and the list of staff says so."""
    authenticator, _ = await enrolled(grace)
    before = await grace.ask("GET", "/admin/audit")
    entered = await grace.login(otp=authenticator.code())
    listed = await grace.client.get("/admin/staff", headers=bearer(entered.json()["access_token"]))

    assert refused(before) == (403, "second_factor_required")
    assert [each["has_second_factor"] for each in listed.json()["items"]] == [True]


async def test_a_refreshed_session_shows_no_better_who_they_are(grace: Person) -> None:
    refreshed = await grace.client.post("/auth/refresh", json={"refresh_token": grace.tokens["refresh_token"]})
    answer = await grace.client.get("/admin/audit", headers=bearer(refreshed.json()["access_token"]))

    assert refused(answer) == (403, "second_factor_required")


async def test_whoever_gives_the_factor_up_gives_up_what_it_opened(grace: Person) -> None:
    """At once, in every session that showed it, and for good: a refreshed one shows no more."""
    authenticator, codes = await enrolled(grace)
    grace.tokens = (await grace.login(otp=authenticator.code())).json()
    before = await grace.ask("GET", "/admin/staff")
    removed = await grace.ask("DELETE", "/auth/mfa/totp", json={"password": grace.password, "code": codes[0]})
    after = await grace.ask("GET", "/admin/staff")
    refreshed = await grace.client.post("/auth/refresh", json={"refresh_token": grace.tokens["refresh_token"]})
    later = await grace.client.get("/admin/staff", headers=bearer(refreshed.json()["access_token"]))

    assert (before.status_code, removed.status_code) == (200, 204)
    assert refused(after) == refused(later) == (403, "second_factor_required")
    assert (await grace.ask("GET", "/me")).status_code == 200


async def test_so_does_whoever_gives_the_last_passkey_up(grace: Person) -> None:
    """While there is another one, that one speaks for them."""
    keys = [await with_passkey(grace) for _ in range(2)]
    grace.tokens = (await keys[0].enter()).json()
    places = [f"/auth/passkeys/{each['id']}" for each in (await grace.ask("GET", "/auth/passkeys")).json()["items"]]
    answers = []
    for place in places:
        assert (await grace.ask("DELETE", place)).status_code == 204
        answers.append((await grace.ask("GET", "/admin/staff")).status_code)

    assert answers == [200, 403]


@pytest.mark.parametrize("methods", [("pwd",), ("mail",), ("hwk", "user"), ()])
def test_one_factor_is_not_two(methods: tuple[str, ...]) -> None:
    """Nor a simple security key alone, which verifies nobody. On the shop's machine nobody is asked."""
    with pytest.raises(SecondFactorRequired):
        require_second_factor(SignIn(session_id=SessionId("s"), at=NOON, methods=methods))
    require_second_factor(SignIn(session_id=SessionId("s"), at=NOON, methods=("pwd", "otp", "mfa")))
    require_second_factor(None)
