"""Staff switch what the shop is paid through, over HTTP."""

import httpx
import pytest
from tests.http.conftest import Buy, Fill, problem_of
from tests.http.people import grown_old, joined

from shopcore.adapters.local.held_switches import HeldSwitches
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


@pytest.mark.both_stores
async def test_a_gateway_is_switched_off_and_on(client: httpx.AsyncClient, shop: Shop, fill: Fill, buy: Buy) -> None:
    """Orders are placed all the while; one that finds no gateway waits. Only who has just signed in may."""
    ada = await joined(client, shop)
    await shop.as_(owner()).people.add_colleague(email=ada.email, roles=["owner"])
    off = await ada.ask("PUT", "/admin/gateways/bogus", json={"is_on": False, "reason": "fails"})
    listed = (await ada.ask("GET", "/admin/gateways")).json()["items"]
    held = shop._store.held_switches
    assert isinstance(held, HeldSwitches)
    held._until = None  # a second has passed
    waiting = await buy(await fill())
    on = await ada.ask("PUT", "/admin/gateways/bogus", json={"is_on": True})
    stranger = await ada.ask("PUT", "/admin/gateways/nobank", json={"is_on": True})
    await grown_old(shop, ada)
    late = await ada.ask("PUT", "/admin/gateways/bogus", json={"is_on": False})

    assert (off.json()["is_on"], on.json()["is_on"]) == (False, True)
    assert [(each["name"], each["is_on"], each["reason"]) for each in listed] == [("bogus", False, "fails")]
    assert (waiting.status_code, waiting.json()["payment"]["status"]) == (201, "processing")
    assert (stranger.status_code, problem_of(stranger)["code"]) == (404, "gateway_not_offered")
    assert (late.status_code, problem_of(late)["code"]) == (401, "step_up_required")
