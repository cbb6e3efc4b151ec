"""Apps and integrations over HTTP, for those who register them: also where a secret has leaked, or an address moves."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import client_of, problem_of, settings_for
from tests.http.people import Person, joined

from shop_http.app import create_app
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

BACK = "com.example.app:/back"
PLACE = "/admin/oauth-clients"


@pytest.fixture
async def olga(tmp_path: Path) -> AsyncGenerator[Person]:
    """An owner."""
    async with Shop.open(settings_for(tmp_path)) as shop, client_of(create_app(shop)) as client:
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


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, problem_of(answer)["code"]


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


async def test_nobody_rises_by_another_s_client(olga: Person) -> None:
    """Its secret, and its codes, give what it has: so they are for who has that."""
    ida = await joined(olga.client, olga.shop, "ida@example.com")
    acts = olga.shop.as_(owner())
    await acts.access.put_role(name="integrator", permissions=["oauth_clients:write", "oauth_clients:read"])
    await acts.people.add_colleague(email=ida.email, roles=["integrator"])
    system = await added(olga)
    app = await added(olga, scopes=["orders", "orders:read"], redirect_uris=[BACK])
    secret = await ida.ask("POST", f"{PLACE}/{system['id']}/secret")
    address = await ida.ask(
        "PUT", f"{PLACE}/{app['id']}/redirect-uris", json={"redirect_uris": ["https://ida.example"]}
    )

    assert refused(secret) == refused(address) == (403, "cannot_grant")
    assert await token(olga, system, system["secret"]) == 200
