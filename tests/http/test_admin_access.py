"""API keys, roles and the audit log over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.http.conftest import Buy, Fill, problem_of
from tests.http.people import grown_old, joined

from shopcore.access.model import FOR_PEOPLE_ONLY, PERMISSIONS
from shopcore.kernel.actor import Staff
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

Header = Callable[..., Awaitable[dict[str, str]]]
EVERY = tuple(sorted(PERMISSIONS.keys() - FOR_PEOPLE_ONLY))


@pytest.fixture
def key(shop: Shop) -> Header:
    """The header of a new API key with these permissions."""

    async def make(*permissions: str, days: int | None = None) -> dict[str, str]:
        _, secret = await shop.as_(owner()).access.create_api_key(
            name="Test", permissions=permissions, expires_in_days=days
        )
        return {"Authorization": f"Bearer {secret}"}

    return make


async def test_a_key_reads_what_it_was_made_for_and_nothing_else(client: httpx.AsyncClient, key: Header) -> None:
    header = await key("audit:read")
    allowed, refused = (
        await client.get("/admin/audit", headers=header),
        await client.get("/admin/roles", headers=header),
    )

    assert allowed.status_code == 200
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "forbidden")
    assert "roles:read" in problem_of(refused)["detail"]


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer shopkey_unknown",
        "Bearer shopkey_",
        "Bearer",
        "",
        "Basic c2hvcDprZXk=",
        "shopkey_x",
        f"Bearer shopkey_{'x' * 5_000}",
        "Bearer shopkey_x, Bearer shopkey_y",
    ],
)
async def test_what_is_no_key_is_not_known_here(client: httpx.AsyncClient, authorization: str) -> None:
    """Also where a guest would be let in: who shows something false is told so."""
    for path in ("/admin/audit", "/cart", "/orders"):
        answer = await client.get(path, headers={"Authorization": authorization})

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "shopkey" not in answer.text


async def test_pages_that_everybody_sees_ask_nobody_who_they_are(client: httpx.AsyncClient) -> None:
    for path in ("/products", "/categories", "/health/ready"):
        assert (await client.get(path, headers={"Authorization": "Bearer shopkey_unknown"})).status_code == 200


async def test_a_key_is_told_once_and_kept_nowhere(client: httpx.AsyncClient, shop: Shop) -> None:
    staff = shop.as_(Staff(name="ann", permissions=frozenset({"api_keys:write", "api_keys:read", "audit:read"})))
    made, secret = await staff.access.create_api_key(name=" Audit ", permissions=["audit:read"])
    answer = await client.get("/admin/audit", headers={"Authorization": f"Bearer {secret}"})
    (listed,) = (await staff.access.list_api_keys()).items

    assert secret.startswith("shopkey_")
    assert len(secret) > 45
    assert (listed.name, listed.ending, listed.created_by) == ("Audit", secret[-4:], "staff:ann")
    assert listed.used_at is not None
    assert secret not in str(listed)
    entry = answer.json()["items"][0]
    assert (entry["action"], entry["subject"], entry["actor"]) == ("api_key.create", f"api_key:{made.id}", "staff:ann")
    assert secret not in answer.text


async def test_a_revoked_key_is_good_no_more(client: httpx.AsyncClient, shop: Shop, key: Header) -> None:
    header = await key("audit:read")
    (made,) = (await shop.as_(owner()).access.list_api_keys()).items
    before = await client.get("/admin/audit", headers=header)
    await shop.as_(owner()).access.revoke_api_key(key_id=made.id)
    after = await client.get("/admin/audit", headers=header)

    assert (before.status_code, after.status_code) == (200, 401)
    assert problem_of(after)["code"] == "invalid_api_key"


async def test_no_key_makes_keys_or_roles(client: httpx.AsyncClient, key: Header) -> None:
    """A key that leaked cannot dig itself in."""
    header = await key(*EVERY)
    wanted: dict[str, Any] = {"name": "More", "permissions": ["audit:read"]}
    answers = [
        await client.post("/admin/api-keys", json=wanted, headers=header),
        await client.put("/admin/roles/packer", json={"permissions": ["orders:read"]}, headers=header),
        await client.delete("/admin/roles/packer", headers=header),
        await client.delete("/admin/api-keys/some", headers=header),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4


async def test_the_log_is_read_a_page_at_a_time(client: httpx.AsyncClient, key: Header) -> None:
    """Newest first, with a link to the next page; nothing in it is anybody's address."""
    header = await key("audit:read")
    places: list[int] = []
    url: str | None = "/admin/audit?limit=3"
    while url:
        answer = await client.get(url, headers=header)
        places += [entry["sequence"] for entry in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    first = await client.get("/admin/audit?limit=3", headers=header)
    again = await client.get("/admin/audit?limit=3", headers={**header, "If-None-Match": first.headers["etag"]})

    assert places == list(range(len(places), 0, -1))
    assert len(places) > 5
    assert again.status_code == 304


async def test_the_roles_are_shown_with_what_permissions_mean(client: httpx.AsyncClient, key: Header) -> None:
    header = await key("roles:read")
    first = (await client.get("/admin/roles?limit=4", headers=header)).json()
    rest = (await client.get(f"/admin/roles?cursor={first['next_cursor']}", headers=header)).json()
    names = [role["name"] for role in first["items"] + rest["items"]]

    assert names == ["auditor", "editor", "fulfilment", "manager", "owner", "support"]
    assert all(role["built_in"] for role in first["items"])
    assert first["permissions"] == dict(PERMISSIONS)


async def test_an_integration_sees_an_order_only_if_it_may(
    client: httpx.AsyncClient, key: Header, fill: Fill, buy: Buy
) -> None:
    """One that may not is told so; it is no guest who might guess."""
    order = (await buy(await fill())).json()["order"]["id"]

    assert (await client.get(f"/orders/{order}", headers=await key("orders:read"))).json()["id"] == order
    assert (await client.get(f"/orders/{order}", headers=await key("audit:read"))).status_code == 403


async def test_an_integration_has_no_cart(client: httpx.AsyncClient, key: Header, fill: Fill) -> None:
    """Not even one whose secret it sends along."""
    header, cart = await key(*EVERY), await fill()
    for answer in (
        await client.get("/cart", headers={**header, **cart}),
        await client.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers={**header, **cart}),
    ):
        assert answer.status_code in {403, 404}, answer.text


async def test_a_key_expires(client: httpx.AsyncClient, shop: Shop, key: Header) -> None:
    assert (await client.get("/admin/audit", headers=await key("audit:read", days=1))).status_code == 200
    (made,) = (await shop.as_(owner()).access.list_api_keys()).items

    assert made.expires_at == made.created_at + timedelta(days=1)


async def test_a_session_of_yesterday_gives_nobody_any_power(client: httpx.AsyncClient, shop: Shop) -> None:
    """Else a device left open makes a key, which is asked for nothing when it moves money. Revoking is free."""
    ada, eve = await joined(client, shop), await joined(client, shop, "eve@example.com")
    await shop.as_(owner()).people.add_colleague(email=ada.email, roles=("owner",))
    await shop.as_(owner()).people.add_colleague(email=eve.email, roles=("support",))
    made = await ada.ask("POST", "/admin/api-keys", json={"name": "Before", "permissions": ["orders:refund"]})
    await grown_old(shop, ada)
    place = f"/admin/staff/{eve.tokens['user']['id']}"
    refused = [
        await ada.ask("POST", "/admin/api-keys", json={"name": "After", "permissions": ["orders:refund"]}),
        await ada.ask("PUT", "/admin/roles/cashier", json={"permissions": ["orders:refund"]}),
        await ada.ask("POST", "/admin/staff", json={"email": eve.email, "roles": ["owner"]}),
        await ada.ask("PUT", place, json={"roles": ["owner"]}),
        await ada.ask("DELETE", place),
    ]
    revoked = await ada.ask("DELETE", f"/admin/api-keys/{made.json()['api_key']['id']}")

    assert made.status_code == 201
    assert [(answer.status_code, problem_of(answer)["code"]) for answer in refused] == [(401, "step_up_required")] * 5
    assert revoked.status_code == 204
    (member,) = [each for each in (await shop.as_(owner()).access.list_members()).items if each.roles == ("support",)]
    assert member.customer_id == eve.tokens["user"]["id"]
