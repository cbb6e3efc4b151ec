"""Staff sign in as the customers that they are, and look after others."""

import httpx
import pytest
from tests.http.conftest import problem_of
from tests.http.people import Person, joined

from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ada(client: httpx.AsyncClient, shop: Shop) -> Person:
    """An owner."""
    person = await joined(client, shop)
    await shop.as_(owner()).people.add_colleague(email=person.email, roles=["owner"])
    return person


@pytest.fixture
async def bob(client: httpx.AsyncClient, shop: Shop) -> Person:
    """A customer."""
    return await joined(client, shop, "bob@example.com")


async def test_a_customer_is_no_staff_until_they_are_made_one(ada: Person, bob: Person) -> None:
    """From the next request on, with the token that they had; and so it ends."""
    before = await bob.ask("GET", "/admin/audit")
    added = await ada.ask("POST", "/admin/staff", json={"email": bob.email, "roles": ["auditor"]})
    during = await bob.ask("GET", "/admin/audit")
    beyond = await bob.ask("POST", "/admin/staff", json={"email": bob.email, "roles": ["owner"]})
    gone = await ada.ask("DELETE", f"/admin/staff/{added.json()['id']}")
    after = await bob.ask("GET", "/admin/audit")

    assert (before.status_code, problem_of(before)["code"]) == (403, "not_staff")
    assert (added.status_code, added.json()["roles"], added.json()["email"]) == (201, ["auditor"], bob.email)
    assert during.json()["items"][0]["actor"] == f"staff:{ada.tokens['user']['id']}"
    assert (beyond.status_code, problem_of(beyond)["code"]) == (403, "forbidden")
    assert (gone.status_code, after.status_code) == (200, 403)
    assert gone.json() == {"api_keys": [], "oauth_clients": [], "apps": []}


async def test_staff_stay_customers_where_they_shop(ada: Person) -> None:
    """An owner's own orders are their own; others' are not there."""
    assert (await ada.ask("GET", "/orders")).json()["items"] == []
    assert (await ada.ask("GET", "/orders/01910000-0000-7000-8000-000000000000")).status_code == 404


async def test_roles_are_changed_and_the_staff_listed(ada: Person, bob: Person) -> None:
    added = (await ada.ask("POST", "/admin/staff", json={"email": bob.email, "roles": ["auditor"]})).json()
    changed = await ada.ask("PUT", f"/admin/staff/{added['id']}", json={"roles": ["support", "editor"]})
    stranger = await ada.ask("PUT", "/admin/staff/nobody", json={"roles": ["support"]})
    page = (await ada.ask("GET", "/admin/staff?limit=1")).json()
    rest = (await ada.ask("GET", f"/admin/staff?limit=1&cursor={page['next_cursor']}")).json()

    assert (changed.status_code, stranger.status_code) == (204, 404)
    assert [each["email"] for each in page["items"] + rest["items"]] == [ada.email, bob.email]
    assert rest["items"][0]["roles"] == ["editor", "support"]


async def test_hiring_under_a_key_happens_once(ada: Person, bob: Person) -> None:
    sent = {"json": {"email": bob.email, "roles": ["auditor"]}, "headers": {"Idempotency-Key": "0123456789abcdef"}}
    first, second = await ada.ask("POST", "/admin/staff", **sent), await ada.ask("POST", "/admin/staff", **sent)

    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"


async def test_a_customer_is_found_locked_out_and_let_in_again(ada: Person, bob: Person) -> None:
    """By their address, which stands in no address of a request; who knows the password is told why."""
    found = await ada.ask("POST", "/admin/customers/search", json={"email": "bob@EXAMPLE.com"})
    customer = f"/admin/customers/{found.json()['id']}"
    locked = await ada.ask("POST", f"{customer}/lock")
    token, login = await bob.ask("GET", "/me"), await bob.login()
    await ada.ask("POST", f"{customer}/unlock")

    assert found.json()["email"] == bob.email
    assert locked.json()["locked_at"] is not None
    assert (token.status_code, login.status_code, problem_of(login)["code"]) == (401, 403, "account_locked")
    assert (await bob.login()).status_code == 200
    assert (await ada.ask("GET", customer)).json()["locked_at"] is None
    assert (await ada.ask("GET", "/admin/customers/none")).status_code == 404
    assert [each["email"] for each in (await ada.ask("GET", "/admin/customers")).json()["items"]] == [
        bob.email,
        ada.email,
    ]


async def test_an_owner_makes_a_key_that_does_what_it_says(client: httpx.AsyncClient, ada: Person) -> None:
    wanted = {"name": "Books", "permissions": ["audit:read"], "expires_in_days": 30}
    made = await ada.ask("POST", "/admin/api-keys", json=wanted)
    header = {"Authorization": f"Bearer {made.json()['secret']}"}
    shown = await ada.ask("GET", "/admin/api-keys")
    used = await client.get("/admin/audit", headers=header)
    revoked = await ada.ask("DELETE", f"/admin/api-keys/{made.json()['api_key']['id']}")

    assert (made.status_code, used.status_code, revoked.status_code) == (201, 200, 204)
    assert made.json()["secret"] not in shown.text
    assert (await client.get("/admin/audit", headers=header)).status_code == 401
    assert (await ada.ask("PUT", "/admin/roles/packer", json={"permissions": ["orders:read"]})).status_code == 200
    assert (await ada.ask("PUT", "/admin/roles/owner", json={"permissions": ["orders:read"]})).status_code == 409
    assert (await ada.ask("DELETE", "/admin/roles/packer")).status_code == 204
