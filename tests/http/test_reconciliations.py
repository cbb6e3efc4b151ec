"""Staff look into what gateways and books do not agree on, over HTTP."""

from datetime import timedelta

import httpx
import pytest
from msgspec.structs import replace
from tests.http.conftest import problem_of
from tests.http.people import grown_old, joined

from shopcore.kernel.money import Money
from shopcore.payments.model import Difference, Kind, Standing, requested
from shopcore.shop import Shop, owner

pytestmark = pytest.mark.anyio


@pytest.mark.both_stores
async def test_staff_let_a_difference_be_that_they_have_seen(client: httpx.AsyncClient, shop: Shop) -> None:
    """By who has just signed in, with a reason; doubled under its key it is done once, and counted apart."""
    ada = await joined(client, shop)
    await shop.as_(owner()).people.add_colleague(email=ada.email, roles=["owner"])
    store, now = shop._store, shop._world.clock.now()
    one = Difference(kind=Kind.EXTRA, gateway="bogus", at=now, entry="paid/p", ours=Money(500, "EUR"))
    run = replace(requested("run", now, "staff:ada", timedelta(days=3)), finished_at=now, found=1, differences=(one,))
    await store.reconciliations.put(run)
    await store.unit_of_work(lambda: store.reconciliations.put_standing(Standing(open=(one,))))
    place = "/admin/reconciliations/differences/"
    before = (await ada.ask("GET", "/admin/reconciliations/run")).json()
    address = f"{place}{before['differences'][0]['id']}/leave"
    left, again = [
        await ada.ask("POST", address, json={"reason": "agreed on"}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    after = (await ada.ask("GET", "/admin/reconciliations/run")).json()
    none = await ada.ask("POST", f"{place}none/leave", json={"reason": "agreed on"})
    bad = [await ada.ask("POST", address, json=body) for body in ({}, {"reason": ""}, {"reason": "a" * 201})]
    await grown_old(shop, ada)
    late = await ada.ask("POST", address, json={"reason": "agreed on"})

    assert (left.status_code, left.content, left.json()["left"]["reason"]) == (200, again.content, "agreed on")
    assert [(each["found"], each["left_count"], len(each["left"])) for each in (before, after)] == [
        (1, 0, 0),
        (0, 1, 1),
    ]
    assert after["left"][0] == left.json()
    assert (none.status_code, problem_of(none)["code"]) == (404, "difference_not_found")
    assert [(each.status_code, problem_of(each)["errors"][0]["field"]) for each in bad] == [(422, "reason")] * 3
    assert (late.status_code, problem_of(late)["code"]) == (401, "step_up_required")
