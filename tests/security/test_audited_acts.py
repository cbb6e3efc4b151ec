"""Every act on an account is in the audit log, with how things stood before and stand after, and nobody's data."""

import httpx
import pytest
from tests.http.conftest import ADDRESS
from tests.http.people import PASSWORD, Person, joined
from tests.security.test_second_factor import enrolled

from shopcore.kernel.ids import CustomerId
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio

Said = tuple[dict[str, str], dict[str, str]]


async def log_of(shop: Shop) -> dict[str, Said]:
    """What was said of each act, the latest of each."""
    entries = (await shop.as_(owner()).audit.list(limit=100)).items
    return {entry.action: (entry.before, entry.after) for entry in reversed(entries)}


@pytest.fixture
async def ada(client: httpx.AsyncClient, shop: Shop) -> Person:
    return await joined(client, shop, name="Ada Lovelace")


@pytest.mark.both_stores
async def test_what_customers_do_is_said_with_before_and_after(ada: Person, shop: Shop) -> None:
    """Verifying, profile, address, e-mail address, password and second factor."""
    await ada.ask("PATCH", "/me", json={"name": "Augusta"})
    saved = (await ada.ask("POST", "/me/addresses", json=ADDRESS)).json()["id"]
    added = (await log_of(shop))["account.save_address"]
    await ada.ask("PUT", f"/me/addresses/{saved}", json={**ADDRESS, "city": "Paris"})
    await ada.ask("POST", "/me/email", json={"email": "augusta@example.com", "password": PASSWORD})
    await ada.ask("POST", "/auth/password/change", json={"current": PASSWORD, "new": "analytical engine no. 1"})
    await enrolled(ada)
    said = await log_of(shop)
    masked = {f"address:{saved}": "***"}

    assert said["account.verify_email"] == ({"verified": "no"}, {"verified": "yes"})
    assert said["account.change_profile"] == ({"name": "***"}, {"name": "***"})
    assert added == ({}, masked)
    assert said["account.save_address"] == (masked, masked)
    assert said["account.ask_email_change"] == ({}, {"email_change": "0 of 2 agreed"})
    assert said["account.change_password"] == ({"password": "***"}, {"password": "***"})
    known = "authenticator, vouched for"  # the session of the link of her mail set it up
    assert said["account.add_second_factor"] == ({"second_factor": "none"}, {"second_factor": known})
    written = repr(said)
    assert not [word for word in ("Augusta", "Paris", "example.com", PASSWORD) if word in written]


async def test_that_a_device_was_signed_out_is_said_with_its_session(ada: Person, shop: Shop) -> None:
    """Whoever looks into what a thief did finds when the session ended, and which it was."""
    (session,) = (await ada.ask("GET", "/auth/sessions")).json()["items"]
    await ada.ask("POST", "/auth/logout")

    assert (await log_of(shop))["account.sign_out"] == ({"session": session["id"]}, {"session": "ended"})


async def test_what_staff_do_is_said_with_before_and_after(ada: Person, shop: Shop) -> None:
    """Roles, keys, locks."""
    staff, identity = shop.as_(owner()), CustomerId(ada.tokens["user"]["id"])
    await staff.people.add_colleague(email=ada.email, roles=["support"])
    await staff.access.change_member(customer_id=identity, roles=["auditor"])
    key, _ = await staff.access.create_api_key(name="Any", permissions=["audit:read"])
    await staff.access.revoke_api_key(key_id=key.id)
    await staff.people.remove_colleague(customer_id=identity)
    await staff.people.lock(customer_id=identity, locked=True)
    said = await log_of(shop)

    assert said["staff.change"] == ({"roles": "support"}, {"roles": "auditor"})
    assert said["api_key.create"] == ({}, {"permissions": "audit:read"})
    assert said["api_key.revoke"] == ({"revoked": "no"}, {"revoked": "yes"})
    assert said["customer.lock"] == ({"locked": "no"}, {"locked": "yes"})


async def test_an_act_that_changes_nothing_is_not_written_down(ada: Person, shop: Shop) -> None:
    await ada.ask("PATCH", "/me", json={"name": "Ada Lovelace"})

    assert "account.change_profile" not in await log_of(shop)
