"""What was answered under a key is kept for who may still ask."""

import httpx
import pytest
from tests.http.people import joined
from tests.security.scene import Scene

from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


async def test_who_may_not_ask_any_more_is_not_answered_from_what_is_kept(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    """Grace looked somebody up; now she writes on products, and the old key shows her nobody."""
    ada = await joined(client, shop)
    grace = {
        **await Scene(shop, client).staff("customers:read"),
        "Idempotency-Key": "01a21790-3218-7161-a828-000000000001",
    }
    wanted = {"email": ada.email}
    first = await client.post("/admin/customers/search", json=wanted, headers=grace)
    again = await client.post("/admin/customers/search", json=wanted, headers=grace)
    await shop.as_(owner()).access.put_role(name="just-this", permissions=["catalog:write"])
    after = await client.post("/admin/customers/search", json=wanted, headers=grace)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replayed"] == "true"
    assert (after.status_code, after.json()["code"]) == (403, "forbidden")
    assert ada.email not in after.text
