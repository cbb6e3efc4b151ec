"""Apps and integrations over HTTP, for those who register them: also where a secret has leaked, or an address moves."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from tests.http.conftest import client_of, refused, settings_for
from tests.http.people import Person, joined

from shopcore.identity.model.sessions import MOST
from shopcore.kernel.ids import SessionId
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

BACK = "com.example.app:/back"
SITE, IDAS = "https://app.example/back", "https://ida.example/back"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
PLACE = "/admin/oauth-clients"


@pytest.fixture
async def olga(tmp_path: Path, kept_on: None) -> AsyncGenerator[Person]:
    """An owner."""
    async with Shop.open(settings_for(tmp_path)) as shop, client_of(shop) as client:
        person = await joined(client, shop, "olga@example.com")
        await shop.as_(owner()).people.add_colleague(email=person.email, roles=["owner"])
        yield person


async def added(person: Person, **more: Any) -> dict[str, Any]:
    answer = await person.ask("POST", PLACE, json={"name": "Books", "scopes": ["orders:read"], **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return {**made["oauth_client"], "secret": made["secret"]}


async def token(person: Person, client: dict[str, Any], secret: str) -> int:
    given = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": secret}
    return (await person.client.post("/oauth/token", data=given)).status_code


async def test_a_client_is_registered_seen_and_removed(olga: Person) -> None:
    """The secret is told once, and in no list."""
    client = await added(olga)
    before = await token(olga, client, client["secret"])
    (listed,) = (await olga.ask("GET", PLACE)).json()["items"]
    removed = await olga.ask("DELETE", f"{PLACE}/{client['id']}")

    assert listed == {name: value for name, value in client.items() if name != "secret"}
    assert (before, removed.status_code, await token(olga, client, client["secret"])) == (200, 204, 401)
    assert (await olga.ask("GET", PLACE)).json()["items"] == []
    assert refused(await olga.ask("DELETE", f"{PLACE}/{client['id']}")) == (404, "oauth_client_not_found")


async def test_a_secret_that_has_leaked_is_good_no_more(olga: Person) -> None:
    client = await added(olga)
    new = (await olga.ask("POST", f"{PLACE}/{client['id']}/secret")).json()["secret"]
    public = await added(olga, scopes=["orders"], redirect_uris=[BACK], public=True)

    assert (await token(olga, client, client["secret"]), await token(olga, client, new)) == (401, 200)
    assert refused(await olga.ask("POST", f"{PLACE}/{public['id']}/secret")) == (409, "oauth_client_is_public")


async def test_an_app_moves_to_another_address(olga: Person) -> None:
    """And to no other; what acts for itself sends nobody anywhere."""
    app, system = await added(olga, scopes=["orders"], redirect_uris=[BACK]), await added(olga)
    wanted = {"redirect_uris": ["https://app.example.org/back"]}
    moved = await olga.ask("PUT", f"{PLACE}/{app['id']}/redirect-uris", json=wanted)
    wrong = [
        await olga.ask("PUT", f"{PLACE}/{app['id']}/redirect-uris", json={"redirect_uris": uris})
        for uris in ([], ["http://app.example.org"], ["https://app.example.org/#part"])
    ]
    not_for_itself = await olga.ask("PUT", f"{PLACE}/{system['id']}/redirect-uris", json=wanted)

    assert moved.json()["redirect_uris"] == wanted["redirect_uris"]
    assert [answer.status_code for answer in wrong] == [422] * 3
    assert refused(not_for_itself) == (409, "oauth_client_acts_for_itself")


async def _integrator(olga: Person) -> Person:
    """Who may register apps, and see no order and no customer."""
    ida = await joined(olga.client, olga.shop, "ida@example.com")
    acts = olga.shop.as_(owner())
    await acts.access.put_role(name="integrator", permissions=["oauth_clients:write", "oauth_clients:read"])
    await acts.people.add_colleague(email=ida.email, roles=["integrator"])
    return ida


@dataclass
class Wooed:
    """A customer, and the app of Olga's making that they have let see their orders."""

    person: Person
    app: dict[str, Any]

    @property
    def place(self) -> str:
        """Where staff look after the app."""
        return f"{PLACE}/{self.app['id']}"

    def question(self, back: str = SITE) -> dict[str, str]:
        """What the app asks for."""
        challenge = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        return {"client_id": self.app["id"], "redirect_uri": back, "response_type": "code", **challenge}

    async def agree(self, back: str = SITE) -> str:
        """They say yes; the code that the app gets."""
        answer = await self.person.ask("POST", "/oauth/authorize", json={**self.question(back), "agreed": True})
        location: str = answer.json()["location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    async def exchange(self, code: str, secret: str | None = None) -> httpx.Response:
        """The app changes a code for tokens."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        known = {"client_id": self.app["id"], "client_secret": secret or self.app["secret"]}
        return await self.person.client.post("/oauth/token", data={**form, **known})

    async def is_asked(self, back: str = SITE) -> bool:
        """Whether they are asked first, when they follow the link of somebody who sends them there."""
        accept = {"Accept": "application/json"}
        shown = await self.person.ask("GET", "/oauth/authorize", params=self.question(back), headers=accept)
        asked: bool = shown.json()["consent"] is not None
        return asked


async def _wooed(olga: Person) -> Wooed:
    app = await added(olga, scopes=["orders", "profile"], redirect_uris=[SITE])
    found = Wooed(await joined(olga.client, olga.shop, "mia@example.com"), app)
    assert (await found.exchange(await found.agree())).status_code == 200
    assert not await found.is_asked()
    return found


@pytest.mark.both_stores
async def test_who_moves_an_app_gets_nothing_that_nobody_was_asked_for(olga: Person) -> None:
    """Ida may see no order. An app that is let see them, moved to her place, with a secret of hers, asks first."""
    wooed, ida = await _wooed(olga), await _integrator(olga)
    early = await wooed.agree()
    moved = await ida.ask("PUT", f"{wooed.place}/redirect-uris", json={"redirect_uris": [SITE, IDAS]})
    asked = [await wooed.is_asked(IDAS), await wooed.is_asked()]
    (listed,) = (await wooed.person.ask("GET", "/me/apps")).json()["items"]
    late = await wooed.exchange(early)
    code = await wooed.agree()
    (anew,) = (await wooed.person.ask("GET", "/me/apps")).json()["items"]

    assert (moved.status_code, asked) == (200, [True, True])
    assert (listed["asks_again"], anew["asks_again"]) == (True, False)
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")
    assert (await wooed.exchange(code)).status_code == 200
    assert not await wooed.is_asked()
    assert await wooed.is_asked(IDAS), "what they say to the app that they know is no word on another address"
    (entry,) = [each for each in await _log(olga) if each["action"] == "oauth_client.change_redirects"]
    assert (entry["before"]["edition"], entry["after"]["edition"]) == ("0", "1")


async def test_the_log_says_how_many_sessions_an_app_s_one_has_ended(olga: Person) -> None:
    """Of those that nobody uses; the customer's own one, which the app was let in from, is in use."""
    wooed = await _wooed(olga)
    sessions, mia = olga.shop._store.sessions, wooed.person.tokens["user"]["id"]
    own, _ = await sessions.of_customer(mia)
    before = own.rotated_at - timedelta(hours=1)
    for number in range(MOST):
        await sessions.add(msgspec.structs.replace(own, id=SessionId(f"old-{number}"), rotated_at=before))
    assert (await wooed.exchange(await wooed.agree())).status_code == 200
    live = await sessions.of_customer(mia)
    (entry, *_) = [each for each in await _log(olga) if each["action"] == "account.sign_in_app"]

    assert (len(live), entry["after"]["sessions_ended"]) == (MOST, "3")
    assert own.id in {one.id for one in live}


async def test_another_s_secret_asks_anew_and_the_maker_s_does_not(olga: Person) -> None:
    """Olga knew the one that has leaked; Ida did not. What was opened before goes on, by whoever has the secret."""
    wooed, ida = await _wooed(olga), await _integrator(olga)
    await olga.ask("POST", f"{wooed.place}/secret")
    by_the_maker = await wooed.is_asked()
    await olga.ask("PUT", f"{wooed.place}/redirect-uris", json={"redirect_uris": [SITE]})
    at_the_same = await wooed.is_asked()
    secret = (await ida.ask("POST", f"{wooed.place}/secret")).json()["secret"]

    assert (by_the_maker, at_the_same, await wooed.is_asked()) == (False, False, True)
    assert (await wooed.exchange(await wooed.agree(), secret)).status_code == 200


async def _log(olga: Person) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await olga.ask("GET", "/admin/audit?limit=50")).json()["items"]
    return entries


async def test_nobody_rises_by_another_s_client(olga: Person) -> None:
    """Its secret, and its codes, give what it has: so they are for who has that."""
    ida, system = await _integrator(olga), await added(olga)
    app = await added(olga, scopes=["orders", "orders:read"], redirect_uris=[BACK])
    secret = await ida.ask("POST", f"{PLACE}/{system['id']}/secret")
    address = await ida.ask(
        "PUT", f"{PLACE}/{app['id']}/redirect-uris", json={"redirect_uris": ["https://ida.example"]}
    )

    assert refused(secret) == refused(address) == (403, "cannot_grant")
    assert await token(olga, system, system["secret"]) == 200
