"""The funnel over HTTP: what customers did, as the shop's events tell."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import httpx
import pytest
from tests.http.conftest import ORDER, Buy, Fill, problem_of
from tests.http.people import Person, joined

from shopcore.cart.model import touch
from shopcore.kernel.jobs import NewJob
from shopcore.shop import Shop, owner

pytestmark = [pytest.mark.anyio, pytest.mark.both_stores]


_ORDER = {**ORDER, "payment": {"method": "ok"}}


@pytest.fixture
async def key(shop: Shop) -> dict[str, str]:
    _, secret = await shop.as_(owner()).access.create_api_key(name="Analyst", permissions=["reports:read"])
    return {"Authorization": f"Bearer {secret}"}


async def test_the_funnel_tells_what_became_of_carts(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, buy: Buy, key: dict[str, str]
) -> None:
    """Four carts: one is open still, one is ordered and cancelled unpaid, two are paid."""
    await fill()
    bought = [await buy(await fill(quantity=count)) for count in (1, 2)]
    declined = await buy(await fill(), method="declined")
    token = {"X-Order-Token": declined.json()["order_token"]}
    cancelled = await client.post(f"/orders/{declined.json()['order']['id']}/cancel", headers=token)
    await shop.work_off()
    funnel = (await client.get("/admin/reports/funnel", headers=key)).json()

    assert cancelled.status_code == 200, cancelled.text
    assert (funnel["carts"], funnel["orders"], funnel["paid"]) == (4, 3, 2)
    assert (funnel["conversion"], funnel["open"], funnel["unpaid"]) == (0.5, 1, 0.3333)
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


async def test_a_cart_is_left_once_nobody_has_touched_it_for_an_hour(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, key: dict[str, str]
) -> None:
    """Two carts of long ago, of which somebody touches one again."""
    carts = [await fill() for _ in range(2)]
    await shop.work_off()
    fresh = (await client.get("/admin/reports/funnel", headers=key)).json()
    for cart_id in await shop._store.carts.touched(datetime.now(UTC) - timedelta(minutes=5)):
        await shop._store.carts.update(cart_id, partial(touch, now=datetime.now(UTC) - timedelta(hours=2)))
    left = (await client.get("/admin/reports/funnel", headers=key)).json()
    await client.post("/cart/items", json={"sku": "CAP", "quantity": 1}, headers=carts[0])
    again = (await client.get("/admin/reports/funnel", headers=key)).json()

    assert [(each["carts"], each["open"], each["abandonment"]) for each in (fresh, left, again)] == [
        (2, 2, 0.0),
        (2, 0, 1.0),
        (2, 1, 0.5),
    ]


async def test_who_signs_in_with_a_cart_and_has_one_is_one_buyer(
    client: httpx.AsyncClient, shop: Shop, fill: Fill, key: dict[str, str]
) -> None:
    """The guest's cart is theirs by then: one cart, one order, all bought."""
    ada = await joined(client, shop)
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    guest = await fill()
    both = (await ada.ask("POST", "/auth/login", json=_shown(ada), headers=guest)).status_code
    bought = await ada.ask("POST", "/cart/checkout", json=_ORDER, headers={"Idempotency-Key": "one"})
    await shop.work_off()
    funnel = (await client.get("/admin/reports/funnel", headers=key)).json()

    assert (both, bought.status_code) == (200, 201), bought.text
    assert bought.json()["order"]["lines"][0]["quantity"] == 2
    assert (funnel["carts"], funnel["orders"], funnel["paid"]) == (1, 1, 1)
    assert (funnel["conversion"], funnel["abandonment"]) == (1.0, 0.0)


def _shown(person: Person) -> dict[str, str]:
    return {"email": person.email, "password": person.password}


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


async def test_what_a_version_of_before_has_left_in_the_queue_is_noted(
    shop: Shop, fill: Fill, buy: Buy, key: dict[str, str], client: httpx.AsyncClient
) -> None:
    """It noted carts and orders by jobs of other kinds."""
    order_id = (await buy(await fill())).json()["order"]["id"]
    order = await shop._store.orders.get(order_id)
    for job in (await shop.as_(owner()).jobs.list(limit=100)).items:
        if job.kind == "note_journey":
            await shop.as_(owner()).jobs.discard(job_id=job.id)
    at = datetime.now(UTC).isoformat()
    old = (
        NewJob(kind="note_cart", payload={"cart_id": order.cart_id, "at": order.placed_at.isoformat()}),
        NewJob(kind="note_cart", payload={"cart_id": "left", "at": at}),
        NewJob(kind="note_order", payload={"order_id": order_id, "paid_at": at}),
    )
    await shop._store.unit_of_work(lambda: shop._store.jobs.enqueue(*old))
    await shop.work_off()
    funnel = (await client.get("/admin/reports/funnel", headers=key)).json()

    assert (funnel["carts"], funnel["orders"], funnel["paid"]) == (2, 1, 1)
