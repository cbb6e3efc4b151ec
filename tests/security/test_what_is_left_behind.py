"""Keys, integrations and apps of people who are let go, who go, or who may do less: none does more than its person."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.http.conftest import client_of, settings_for
from tests.http.people import Person, bearer, joined
from tests.security.test_oauth_by_staff import SITE, Wooed, added

from shopcore.delegation.model import ClientProof
from shopcore.kernel.actor import Guest, Integration, permissions_of
from shopcore.oauth.model import Consent
from shopcore.oauth.model.consents import widened
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

READ, REFUNDS = "/admin/customers", ("customers:read", "orders:refund")


@dataclass
class Left:
    """Grace, a manager, with a key and an integration of her making; Olga, an owner."""

    shop: Shop
    client: httpx.AsyncClient
    grace: Person
    olga: Person
    key: str
    token: str

    @property
    def grace_s(self) -> str:
        """Where she is on the staff."""
        return f"/admin/staff/{self.grace.tokens['user']['id']}"

    async def good(self) -> tuple[int, int]:
        """What her key and her integration are answered."""
        answers = [await self.client.get(READ, headers=bearer(each)) for each in (self.key, self.token)]
        return answers[0].status_code, answers[1].status_code


@pytest.fixture
async def left(tmp_path: Path, kept_on: None) -> AsyncGenerator[Left]:
    async with Shop.open(settings_for(tmp_path)) as shop, client_of(shop) as client:
        people = [await joined(client, shop, f"{name}@example.com") for name in ("grace", "olga")]
        acts = shop.as_(owner())
        await acts.access.put_role(
            name="integrator", permissions=[*REFUNDS, "api_keys:write", "oauth_clients:write", "oauth_clients:read"]
        )
        for person, role in zip(people, ("integrator", "owner"), strict=True):
            await acts.people.add_colleague(email=person.email, roles=[role])
        made = await people[0].ask("POST", "/admin/api-keys", json={"name": "Till", "permissions": REFUNDS})
        grace = await shop.admit_staff(await _customer(shop, people[0]))
        system, secret = await shop.as_(grace).oauth.add_client(name="Books", scopes=REFUNDS)
        proof = ClientProof(client_id=system.id, secret=secret)
        token = (await shop.as_(Guest()).oauth.issue_client_token(client=proof)).access_token
        grace_in_person, olga = people
        yield Left(shop, client, grace_in_person, olga, made.json()["secret"], token)


async def _customer(shop: Shop, person: Person) -> Any:
    return await shop.authenticate(Guest(), person.tokens["access_token"])


@pytest.mark.both_stores
async def test_what_somebody_made_ends_with_them(left: Left) -> None:
    """In the same transaction, and whoever lets them go is told which; the log has it."""
    before = await left.good()
    gone = await left.olga.ask("DELETE", left.grace_s)
    entries = (await left.olga.ask("GET", "/admin/audit?limit=10")).json()["items"]

    assert before == (200, 200)
    assert gone.status_code == 200
    assert [[each["name"] for each in kind] for kind in gone.json().values()] == [["Till"], ["Books"], []]
    assert await left.good() == (401, 401)
    assert [each["action"] for each in entries[:3]] == ["oauth_client.remove", "api_key.revoke", "staff.remove"]


async def test_what_a_shop_cannot_do_without_is_taken_over(left: Left) -> None:
    """And then ends with whoever took it over."""
    gone = await left.olga.ask("DELETE", f"{left.grace_s}?take_over=true")
    kept = await left.good()
    (listed,) = (await left.olga.ask("GET", "/admin/api-keys")).json()["items"]
    await left.shop.as_(owner()).people.add_colleague(email=left.grace.email, roles=["owner"])
    olga = left.olga.tokens["user"]["id"]
    await left.grace.ask("DELETE", f"/admin/staff/{olga}")

    assert (gone.status_code, kept) == (200, (200, 200))
    assert listed["created_by"] == f"staff:{olga}"
    assert await left.good() == (401, 401)


async def test_a_key_does_no_more_than_its_maker_may(left: Left) -> None:
    """From the next request on, by whichever way they lost it; and again what they may again."""
    acts = left.shop.as_(owner())
    await left.olga.ask("PUT", left.grace_s, json={"roles": ["editor"]})
    demoted = await left.good()
    await left.olga.ask("PUT", left.grace_s, json={"roles": ["integrator"]})
    promoted = await left.good()
    await acts.access.put_role(name="integrator", permissions=["api_keys:write"])

    assert (demoted, promoted, await left.good()) == ((403, 403), (200, 200), (403, 403))


async def test_who_erases_themselves_leaves_no_key_behind(left: Left) -> None:
    gone = await left.grace.ask("DELETE", "/me")
    listed = (await left.olga.ask("GET", "/admin/api-keys")).json()["items"]

    assert gone.status_code == 204
    assert await left.good() == (401, 401)
    assert [each["revoked_at"] is not None for each in listed] == [True]


@pytest.mark.both_stores
async def test_an_app_does_not_rise_with_its_person(left: Left) -> None:
    """Neither by what a customer agreed to once that they did not hold, nor by a session of before they were let go."""
    mia = await joined(left.client, left.shop, "mia@example.com")
    store, customer_id = left.shop._store, mia.tokens["user"]["id"]
    agreed = partial(widened, None, customer_id, "app", now=left.shop.clock.now())
    await store.consents.put(agreed(scopes=("orders", "roles:read")))
    (session,) = await store.sessions.of_customer(customer_id)
    await store.sessions.update(
        session.id, lambda held: msgspec.structs.replace(held, client_id="app", scopes=("orders", "roles:read"))
    )
    await left.shop.as_(owner()).people.add_colleague(email=mia.email, roles=["auditor"])
    found = await store.consents.find(customer_id, "app")

    assert isinstance(found, Consent)
    assert found.scopes == (await store.sessions.get(session.id)).scopes == ("orders",)
    await store.consents.put(agreed(scopes=("orders", "roles:read")))
    await left.shop.as_(owner()).people.add_colleague(email=mia.email, roles=["auditor", "support"])
    held = await store.consents.find(customer_id, "app")
    assert held is not None
    assert held.scopes == ("orders", "roles:read")


@pytest.mark.both_stores
@pytest.mark.parametrize(("said", "then"), [("", 200), ("?end_apps=true", 401), ("?take_over=true", 200)])
async def test_apps_of_who_has_left_are_named_and_end_where_that_is_said(left: Left, said: str, then: int) -> None:
    """What Mia lets the app do goes on by itself, on the server of who made it."""
    app = await added(left.grace, name="Shelf", scopes=["profile"], redirect_uris=[SITE])
    mia = Wooed(await joined(left.client, left.shop, "mia@example.com"), app)
    lent = bearer((await mia.exchange(await mia.agree())).json()["access_token"])
    before = await left.client.get("/me", headers=lent)
    gone = await left.olga.ask("DELETE", f"{left.grace_s}{said}")
    entries = (await left.olga.ask("GET", "/admin/audit?limit=1")).json()["items"]

    assert (before.status_code, gone.status_code) == (200, 200)
    assert gone.json()["apps"] == [{"id": app["id"], "name": "Shelf", "is_good": then == 200}]
    assert (await left.client.get("/me", headers=lent)).status_code == then
    assert (entries[0]["subject"] == f"oauth_client:{app['id']}") is (then == 401)


async def test_who_takes_over_gives_nothing_back(left: Left) -> None:
    """What Grace might do no more was no more her key's; she knows the secrets, and does not get it back by going."""
    await left.shop.as_(owner()).access.put_role(name="reader", permissions=["customers:read", "catalog:write"])
    await left.olga.ask("PUT", left.grace_s, json={"roles": ["reader"]})
    gone = await left.olga.ask("DELETE", f"{left.grace_s}?take_over=true")
    came = [await left.shop.authenticate(Guest(), left.token), await left.shop.admit_integration(left.key)]
    entries = (await left.olga.ask("GET", "/admin/audit?limit=2")).json()["items"]

    assert await left.good() == (200, 200)
    assert [sorted(permissions_of(each)) for each in came if isinstance(each, Integration)] == [["customers:read"]] * 2
    assert [each["is_good"] for kind in gone.json().values() for each in kind] == [True, True]
    assert [each["action"] for each in entries] == ["oauth_client.hand_over", "api_key.hand_over"]
    assert all("customers:read" in each["after"].values() for each in entries)


async def test_nobody_takes_over_from_themselves(left: Left) -> None:
    """What answered for itself would be nobody's: it would be said to stay, and open nothing."""
    await left.shop.as_(owner()).people.add_colleague(email=left.grace.email, roles=["owner"])
    refused = await left.grace.ask("DELETE", f"{left.grace_s}?take_over=true")
    before = await left.good()
    gone = await left.grace.ask("DELETE", left.grace_s)

    assert (refused.status_code, refused.json()["code"]) == (409, "own_heir")
    assert before == (200, 200)
    assert [each["is_good"] for kind in gone.json().values() for each in kind] == [False, False]
    assert await left.good() == (401, 401)


async def test_what_is_left_nothing_is_not_taken_over(left: Left) -> None:
    """It ends, and whoever lets Grace go is told so."""
    await left.olga.ask("PUT", left.grace_s, json={"roles": ["editor"]})
    gone = await left.olga.ask("DELETE", f"{left.grace_s}?take_over=true")
    entries = (await left.olga.ask("GET", "/admin/audit?limit=2")).json()["items"]

    assert await left.good() == (401, 401)
    assert [each["is_good"] for kind in gone.json().values() for each in kind] == [False, False]
    assert [each["action"] for each in entries] == ["oauth_client.remove", "api_key.revoke"]
