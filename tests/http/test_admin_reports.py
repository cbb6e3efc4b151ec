"""The funnel over HTTP: what customers did, as the shop's events tell."""

from itertools import product

import httpx
import pytest
from tests.http.conftest import Buy, Fill, problem_of

from shopcore.shop import Shop, owner

pytestmark = [pytest.mark.anyio, pytest.mark.both_stores]


@pytest.fixture
async def key(shop: Shop) -> dict[str, str]:
    _, secret = await shop.as_(owner()).access.create_api_key(name="Analyst", permissions=["reports:read"])
    return {"Authorization": f"Bearer {secret}"}


async def test_the_funnel_tells_what_became_of_carts(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, buy: Buy, key: dict[str, str]
) -> None:
    """Four carts: one is left, one is ordered and cancelled unpaid, two are paid."""
    await fill()
    bought = [await buy(await fill(quantity=count)) for count in (1, 2)]
    declined = await buy(await fill(), method="declined")
    token = {"X-Order-Token": declined.json()["order_token"]}
    cancelled = await client.post(f"/orders/{declined.json()['order']['id']}/cancel", headers=token)
    await shop.work_off()
    funnel = (await client.get("/admin/reports/funnel", headers=key)).json()

    assert cancelled.status_code == 200, cancelled.text
    assert (funnel["carts"], funnel["orders"], funnel["paid"]) == (4, 3, 2)
    assert (funnel["conversion"], funnel["abandonment"], funnel["unpaid"]) == (0.5, 0.25, 0.3333)
    totals = [answer.json()["order"]["totals"]["total"]["amount"] for answer in bought]
    (sales,) = funnel["sales"]
    assert (sales["orders"], sales["total"]["amount"]) == (2, sum(totals))
    assert sales["average"] == {"amount": (sum(totals) + 1) // 2, "currency": "USD"}


async def test_another_cart_of_the_same_item_is_no_other_journey(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, key: dict[str, str]
) -> None:
    """What is added to a cart that is open opens none."""
    cart = await fill()
    await client.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers=cart)
    await shop.work_off()

    assert (await client.get("/admin/reports/funnel", headers=key)).json()["carts"] == 1


async def test_a_span_is_said_in_the_query(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, key: dict[str, str]
) -> None:
    await fill()
    await shop.work_off()
    past = "since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z"
    empty = await client.get(f"/admin/reports/funnel?{past}", headers=key)
    wrong = await client.get("/admin/reports/funnel?since=2020-01-01T00:00:00Z", headers=key)

    assert (empty.json()["carts"], empty.json()["conversion"], empty.json()["sales"]) == (0, None, [])
    assert (wrong.status_code, problem_of(wrong)["errors"][0]["code"]) == (422, "long_span")


async def test_a_moment_that_nothing_can_be_counted_from_is_refused(client: httpx.AsyncClient, shop: Shop) -> None:
    """Wherever staff say one: the calendar ends there, and counting on is no error of the shop's own."""
    wanted = ["reports:read", "payments:read", "audit:read"]
    _, secret = await shop.as_(owner()).access.create_api_key(name="Analyst", permissions=wanted)
    header = {"Authorization": f"Bearer {secret}"}
    moments = ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00+14:00", "9999-12-31T23:59:59-12:00")
    places = ("reports/funnel", "reports/tax", "payments", "audit")
    for place, field, at in product(places, ("until", "since"), moments):
        answer = await client.get(f"/admin/{place}", params={field: at}, headers=header)

        assert answer.status_code == 422, f"{place}: {answer.text}"
        (error,) = problem_of(answer)["errors"]
        assert (error["field"], error["code"]) == (field, "out_of_range")
