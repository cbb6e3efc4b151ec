"""Payment methods that customers have kept, at Stripe's double."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import ORDER, PRODUCTS, problem_of, settings_for
from tests.http.people import Person, joined

from shopcore.jobs.model import JobState
from shopcore.kernel.actor import System
from shopcore.kernel.ids import CustomerId
from shopcore.payments.errors import GatewayUnavailable
from shopcore.shop import Shop, owner
from shopcore.testing.stripe_double import Fault, StripeDouble, stripe_double

pytestmark = [pytest.mark.anyio, pytest.mark.both_stores]

OK = "pm_card_visa"


@pytest.fixture
async def double() -> AsyncIterator[StripeDouble]:
    async with stripe_double() as running:
        yield running


@pytest.fixture
async def shop(tmp_path: Path, kept_on: None, double: StripeDouble) -> AsyncGenerator[Shop]:
    """One that is paid through Stripe."""
    stripe = {
        "stripe_secret_key": double.secret_key,
        "stripe_api_base": double.url,
        "stripe_webhook_secrets": tuple(double.webhooks.secrets),
        "payment_timeout_seconds": 5.0,
    }
    async with Shop.open(settings_for(tmp_path, **stripe)) as opened:
        await opened.as_(owner()).catalog.import_products(file=opened.product_file(PRODUCTS))
        yield opened


async def buys(person: Person, **payment: Any) -> httpx.Response:
    """A cap, as themselves."""
    await person.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    body = {**ORDER, "payment": {"method": OK, "return_url": "https://shop.example.org/", **payment}}
    return await person.ask("POST", "/cart/checkout", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})


async def kept(person: Person) -> list[dict[str, Any]]:
    """What is kept for them."""
    answer = await person.ask("GET", "/me/payment-methods")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_method_is_kept_with_consent_and_pays_again(ada: Person, double: StripeDouble) -> None:
    """Without consent nothing is kept, and Stripe is not even told that there is somebody."""
    await buys(ada)
    before, told = await kept(ada), list(double.account.customers)
    await buys(ada, save=True)
    (method,) = await kept(ada)
    again = await buys(ada, method=method["id"])

    assert (before, told) == ([], [])
    assert (method["gateway"], method["brand"], method["last4"]) == ("stripe", "visa", "4242")
    assert again.json()["payment"]["status"] == "succeeded"
    assert len(double.account.charges) == 3
    assert "ada@" not in repr(double.account.customers)
    assert [set(customer["metadata"]) for customer in double.account.customers.values()] == [{"shop_customer"}]


async def test_nobody_pays_with_or_removes_another_s(
    ada: Person, double: StripeDouble, client: httpx.AsyncClient, shop: Shop
) -> None:
    """Not even who knows what it is called: neither a customer with a wallet of their own, nor a guest."""
    await buys(ada, save=True)
    (method,) = await kept(ada)
    grace = await joined(client, shop, "grace@example.com")
    await buys(grace, save=True)
    stolen = await buys(grace, method=method["id"])
    removed = await grace.ask("DELETE", f"/me/payment-methods/{method['id']}")
    cart = await client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
    headers = {"X-Cart-Token": cart.headers["x-cart-token"], "Idempotency-Key": "a guest's"}
    guest = await client.post("/cart/checkout", json={**ORDER, "payment": {"method": method["id"]}}, headers=headers)

    assert [each.json()["payment"]["status"] for each in (stolen, guest)] == ["failed", "failed"]
    assert (removed.status_code, problem_of(removed)["code"]) == (404, "payment_method_not_found")
    assert [each["id"] for each in await kept(ada)] == [method["id"]]
    assert len(double.account.charges) == 2


async def test_what_is_removed_pays_no_more(ada: Person) -> None:
    await buys(ada, save=True)
    (method,) = await kept(ada)
    answers = [await ada.ask("DELETE", f"/me/payment-methods/{method['id']}") for _ in range(2)]
    again = await buys(ada, method=method["id"])

    assert [answer.status_code for answer in answers] == [204, 404]
    assert await kept(ada) == []
    assert again.json()["payment"]["status"] == "failed"


async def test_another_try_keeps_its_method_too(ada: Person) -> None:
    """The first one was declined, and is not kept."""
    declined = await buys(ada, method="pm_card_visa_chargeDeclined", save=True)
    path = f"/orders/{declined.json()['order']['id']}/payment"
    paid = await ada.ask("POST", path, json={"method": OK, "save": True}, headers={"Idempotency-Key": "again"})

    assert (declined.json()["payment"]["status"], paid.json()["status"]) == ("failed", "succeeded")
    assert [each["last4"] for each in await kept(ada)] == ["4242"]


async def test_a_guest_has_none_kept(client: httpx.AsyncClient, double: StripeDouble) -> None:
    """They are told so before anything is placed."""
    cart = await client.post("/cart/items", json={"sku": "CAP", "quantity": 1})
    headers = {"X-Cart-Token": cart.headers["x-cart-token"], "Idempotency-Key": "a guest's"}
    answer = await client.post(
        "/cart/checkout", json={**ORDER, "payment": {"method": OK, "save": True}}, headers=headers
    )

    assert (answer.status_code, problem_of(answer)["code"]) == (422, "payment_method_not_kept")
    assert problem_of(answer)["errors"][0]["field"] == "payment/save"
    assert not double.account.asked


async def closed(shop: Shop, customer_id: CustomerId) -> bool:
    """The job, once more."""
    with suppress(GatewayUnavailable):
        await shop._cases.account_upkeep.close_wallets(System(kind="close_wallets"), customer_id=customer_id)
        return True
    return False


async def test_who_is_erased_is_forgotten_at_stripe_too(ada: Person, shop: Shop, double: StripeDouble) -> None:
    """However long Stripe does not answer: the job is done again."""
    await buys(ada, save=True)
    bought = (await shop.as_(owner()).orders.list()).items[0]
    await shop.as_(owner()).orders.ship(order_id=bought.id, carrier="post", tracking_number="1")
    await shop.as_(owner()).orders.deliver(order_id=bought.id)
    export = (await ada.ask("GET", "/me/export")).json()["wallets"]
    (reference,) = double.account.customers
    double.faults.plan(Fault.CUT, "DELETE /v1/customers/.*", times=None)
    erased = await ada.ask("DELETE", "/me")
    await shop.work_off()
    (job,) = [job for job in (await shop.as_(owner()).jobs.list()).items if job.kind == "close_wallets"]
    still = list(double.account.customers)
    double.faults.end()
    async with asyncio.timeout(60):
        while not await closed(shop, CustomerId(job.payload["customer_id"])):  # noqa: ASYNC110 - the breaker rests
            await asyncio.sleep(0.1)

    assert [(each["gateway"], each["reference"]) for each in export] == [("stripe", reference)]
    assert erased.status_code == 204
    assert (job.state, still) == (JobState.WAITING, [reference])
    assert not double.account.customers
    assert not [each for each in double.account.methods.values() if each["customer"]]


async def test_a_stripe_that_is_down_is_said(ada: Person, shop: Shop, double: StripeDouble) -> None:
    """To whoever looks, and to whoever wants something kept before an order is placed; it is placed with the next
    request under the same key.
    """
    double.faults.plan(Fault.CUT, ".*/v1/customers.*", times=None)
    await ada.ask("POST", "/cart/items", json={"sku": "CAP", "quantity": 1})
    body = {**ORDER, "payment": {"method": OK, "return_url": "https://shop.example.org/", "save": True}}
    key = {"Idempotency-Key": "one key"}
    down = await ada.ask("POST", "/cart/checkout", json=body, headers=key)
    orders = (await shop.as_(owner()).orders.list()).items
    double.faults.end()
    async with asyncio.timeout(60):
        while (up := await ada.ask("POST", "/cart/checkout", json=body, headers=key)).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    assert (down.status_code, problem_of(down)["code"]) == (503, "gateway_unavailable")
    assert not orders
    assert (up.status_code, up.json()["payment"]["status"]) == (201, "succeeded")
