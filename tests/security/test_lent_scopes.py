"""Nobody lends an app what they do not hold: neither now, nor on the day that they come to hold it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.security.oauth_stage import Stage, sent_back, staged

from shopcore.shop import owner

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    """Grace, a customer, and an app that would like to see the roles and the audit log as well."""
    async with staged(tmp_path) as opened:
        opened.app = await opened.add("orders", "roles:read", "audit:read")
        yield opened


async def promote(stage: Stage, *roles: str) -> None:
    await stage.shop.as_(owner()).people.add_colleague(email="grace@example.com", roles=roles)


async def asked(stage: Stage, scope: str) -> set[str]:
    """What Grace's page asks her."""
    headers = {**stage.customer, "Accept": "application/json"}
    answer = await stage.client.get("/oauth/authorize", params=stage.question(scope=scope), headers=headers)
    consent = answer.json()["consent"]
    return set() if consent is None else set(consent["scopes"])


async def test_a_customer_cannot_lend_what_only_staff_have(stage: Stage) -> None:
    """They are not asked for it, the app is told what it has, and nothing of it is kept."""
    question = await asked(stage, "orders roles:read")
    given = await stage.tokens(scope="orders roles:read")
    listed = (await stage.client.get("/me/apps", headers=stage.customer)).json()["items"]

    assert question == {"orders"}
    assert given["scope"] == "orders"
    assert [each["scopes"].keys() for each in listed] == [{"orders"}]


async def test_who_asks_for_nothing_else_gets_nothing(stage: Stage) -> None:
    refused = sent_back(await stage.decide(scope="roles:read"))

    assert refused["error"] == "invalid_scope"
    assert "code" not in refused


async def test_an_app_gains_nothing_when_its_person_is_promoted(stage: Stage) -> None:
    """Not by its token, not by the next one, not by another code unseen: she is asked first."""
    given = await stage.tokens(scope="orders roles:read")
    await promote(stage, "owner")
    refreshed = (await stage.refresh(given["refresh_token"])).json()
    wider = await stage.refresh(refreshed["refresh_token"], scope="orders roles:read")

    assert await stage.status(given["access_token"], "/admin/roles") == 403
    assert await stage.status(refreshed["access_token"], "/admin/roles") == 403
    assert (refreshed["scope"], wider.json()["error"]) == ("orders", "invalid_scope")
    assert await asked(stage, "orders roles:read") == {"orders", "roles:read"}


async def test_what_is_lent_by_staff_ends_with_their_role(stage: Stage) -> None:
    """A role lends what it holds, and no other permission of the app's; gone, the same token lends nothing."""
    await stage.shop.as_(owner()).access.put_role(name="reader", permissions=["roles:read"])
    await promote(stage, "reader")
    given = await stage.tokens(scope="orders roles:read audit:read")
    before = await stage.status(given["access_token"], "/admin/roles")
    await stage.shop.as_(owner()).access.put_role(name="clerk", permissions=["catalog:read"])
    await promote(stage, "clerk")

    assert given["scope"] == "orders roles:read"
    assert before == 200
    assert await stage.status(given["access_token"], "/admin/roles") == 403
    assert await stage.status(given["access_token"], "/admin/audit") == 403
