"""A shop that is paid through Stripe, from the cart to the refund, against the double."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import PRODUCTS, Buy, Fill, problem_of, proof_of, settings_for

from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.payments.model import Account, PaymentLife, life_of
from shopcore.shop import Shop, owner
from shopcore.testing.stripe_double import Fault, StripeDouble, stripe_double

pytestmark = pytest.mark.anyio

OK, DECLINED, ASKS = "pm_card_visa", "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_authenticationRequired"


@pytest.fixture
async def double() -> AsyncIterator[StripeDouble]:
    async with stripe_double() as running:
        yield running


@pytest.fixture
async def shop(tmp_path: Path, double: StripeDouble) -> AsyncGenerator[Shop]:
    """In the place of the one that is paid through the pretend bank."""
    stripe = {
        "stripe_secret_key": double.secret_key,
        "stripe_api_base": double.url,
        "stripe_webhook_secrets": tuple(double.webhooks.secrets),
        "payment_timeout_seconds": 5.0,
    }
    async with Shop.open(settings_for(tmp_path, **stripe)) as opened:
        catalog = opened.as_(owner()).catalog
        await catalog.import_products(file=opened.product_file(PRODUCTS))
        yield opened


async def told(client: httpx.AsyncClient, shop: Shop, double: StripeDouble) -> list[int]:
    """Stripe says what has happened, and the shop does what follows from it. What each webhook was answered."""
    answers: list[int] = []

    async def deliver(body: bytes, headers: Mapping[str, str]) -> None:
        answer = await client.post("/webhooks/stripe", content=body, headers=dict(headers))
        answers.append(answer.status_code)

    await double.webhooks.deliver_due(deliver)
    await shop.work_off()
    return answers


async def order_of(client: httpx.AsyncClient, bought: httpx.Response) -> dict[str, Any]:
    """As its buyer sees it now."""
    answer = await client.get(f"/orders/{bought.json()['order']['id']}", headers=proof_of(bought))
    shown: dict[str, Any] = answer.json()
    return shown


def charges(double: StripeDouble) -> list[tuple[int, int]]:
    """What was taken and given back, charge by charge."""
    return [
        (each["amount_captured"], each["amount_refunded"])
        for each in double.account.charges.values()
        if each["captured"]
    ]


async def test_a_card_pays_at_once(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble
) -> None:
    """What Stripe says afterwards, in whatever order and however often, changes nothing."""
    bought = await buy(await fill(), OK)
    double.webhooks.copies, double.webhooks.backwards = 2, True
    answers = await told(client, shop, double)
    order = await order_of(client, bought)

    assert bought.status_code == 201
    assert bought.json()["payment"]["gateway"] == "stripe"
    assert bought.json()["payment"]["status"] == "succeeded"
    assert answers == [200] * 6
    assert [entry["event"] for entry in order["timeline"]].count("paid") == 1
    assert charges(double) == [(1250, 0)]


async def test_a_declined_card_says_why_and_another_one_pays(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble
) -> None:
    bought = await buy(await fill(), DECLINED)
    path = f"/orders/{bought.json()['order']['id']}/payment"
    again = await client.post(path, json={"method": OK}, headers=proof_of(bought))
    await told(client, shop, double)

    assert (bought.status_code, bought.json()["payment"]["status"]) == (201, "failed")
    assert bought.json()["payment"]["failure"] == "insufficient_funds"
    assert again.json()["status"] == "succeeded"
    assert (await order_of(client, bought))["payment_status"] == "paid"
    assert [intent["status"] for intent in double.account.intents.values()] == ["canceled", "succeeded"]


async def test_what_a_bank_knows_of_a_card_is_for_staff(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop
) -> None:
    """Whoever tries stolen cards is told of each that it was declined, also in the order's timeline."""
    bought = await buy(await fill(), "pm_card_visa_chargeDeclinedStolenCard")
    order_id = OrderId(bought.json()["order"]["id"])
    order = await order_of(client, bought)
    seen = await client.get(f"/orders/{order_id}/payment", headers=proof_of(bought))
    known = await shop.as_(owner()).payments.show(order_id=order_id)

    assert bought.json()["payment"]["failure"] == seen.json()["failure"] == "generic_decline"
    assert [entry["note"] for entry in order["timeline"] if entry["event"] == "payment_failed"] == ["generic_decline"]
    assert known.failure == "stolen_card"


@pytest.mark.parametrize("says_yes", [True, False])
async def test_a_customer_is_asked_by_the_bank(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble, says_yes: bool
) -> None:
    """On the page that the answer names; a webhook tells the shop."""
    payment = {"method": ASKS, "return_url": "https://shop.example.org/thanks"}
    bought = await buy(await fill(), payment=payment)
    action = bought.json()["payment"]["next_action"]
    shown = await client.get(f"/orders/{bought.json()['order']['id']}/payment", headers=proof_of(bought))
    async with httpx.AsyncClient() as browser:
        page = await browser.post(action["url"], data={"succeeds": str(says_yes).lower()})
    await told(client, shop, double)

    assert bought.json()["payment"]["status"] == "requires_action"
    assert shown.json() == bought.json()["payment"]
    assert (action["type"], page.status_code) == ("redirect", 200)
    assert (await order_of(client, bought))["payment_status"] == ("paid" if says_yes else "failed")
    assert charges(double) == ([(1250, 0)] if says_yes else [])


async def test_the_customer_s_own_page_pays_with_the_client_secret(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble
) -> None:
    """Without a method the shop never sees the card: Stripe's script sends it to Stripe. A card may be declined there
    before another one is taken.
    """
    bought = await buy(await fill(), payment={})
    payment, (intent,) = bought.json()["payment"], double.account.intents
    answers = []
    async with httpx.AsyncClient(headers={"Authorization": "Bearer pk_test_page"}) as page:
        for method in (DECLINED, OK):
            form = {"payment_method": method, "client_secret": payment["client_secret"]}
            answers.append(await page.post(f"{double.url}/v1/payment_intents/{intent}/confirm", data=form))
    await told(client, shop, double)

    assert payment["status"] == "requires_action"
    assert [answer.status_code for answer in answers] == [402, 200]
    assert (await order_of(client, bought))["payment_status"] == "paid"
    assert charges(double) == [(1250, 0)]


async def test_an_order_that_is_cancelled_takes_nothing(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble
) -> None:
    """What waits for its customer is cancelled at Stripe, what was taken goes back."""
    waits, paid = await buy(await fill(), ASKS), await buy(await fill(), OK)
    for bought in (waits, paid):
        path = f"/orders/{bought.json()['order']['id']}/cancel"
        assert (await client.post(path, headers=proof_of(bought))).json()["status"] == "cancelled"
    await told(client, shop, double)

    assert [intent["status"] for intent in double.account.intents.values()] == ["canceled", "succeeded"]
    assert charges(double) == [(1250, 1250)]
    assert (await order_of(client, paid))["payment_status"] == "refunded"


async def test_a_part_is_refunded(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble
) -> None:
    bought = await buy(await fill("CAP", 2), OK)
    order_id = OrderId(bought.json()["order"]["id"])
    order = await shop.as_(owner()).orders.show(order_id=order_id)
    await shop.as_(owner()).orders.refund(order_id=order_id, amount=order.lines[0].unit_price, reason="one was broken")
    await told(client, shop, double)

    assert charges(double) == [(2500, 1250)]
    assert (await order_of(client, bought))["payment_status"] == "partially_refunded"


@pytest.mark.parametrize("fault", [Fault.DROP_ANSWER, Fault.HALF_AN_ANSWER])
async def test_an_answer_that_was_lost_is_found(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble, fault: Fault
) -> None:
    """Stripe took the money and was cut off, before its answer or in the middle, however often it was asked: the
    checkout says what it knows.
    """
    double.faults.plan(fault, "POST /v1/payment_intents/.*/confirm", times=3)
    bought = await buy(await fill(), OK)
    await told(client, shop, double)

    assert (bought.status_code, bought.json()["payment"]["status"]) == (201, "processing")
    assert (await order_of(client, bought))["payment_status"] == "paid"
    assert charges(double) == [(1250, 0)]


@pytest.mark.parametrize("fault", [Fault.HALF_AN_ANSWER, Fault.HALF_AN_ERROR])
async def test_an_answer_that_breaks_off_once_is_asked_for_again(
    fill: Fill, buy: Buy, double: StripeDouble, fault: Fault
) -> None:
    """Whatever the shop asks for, and whether it was done."""
    double.faults.at_first(fault)
    bought = await buy(await fill(), OK)

    assert (bought.status_code, bought.json()["payment"]["status"]) == (201, "succeeded")
    assert double.faults.struck[fault] >= 2
    assert charges(double) == [(1250, 0)]


async def test_a_method_that_is_none_is_refused_before_anything_is_written(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, double: StripeDouble
) -> None:
    answer = await buy(await fill(), "4242424242424242")

    assert (answer.status_code, problem_of(answer)["code"]) == (422, "unknown_payment_method")
    assert not double.account.asked


async def test_a_forged_webhook_is_refused(client: httpx.AsyncClient, double: StripeDouble) -> None:
    double.webhooks.secrets = ["whsec_of_somebody_else"]
    body, headers = double.webhooks.signed({"id": "evt_1", "type": "payment_intent.succeeded"})
    answer = await client.post("/webhooks/stripe", content=body, headers=headers)

    assert (answer.status_code, problem_of(answer)["code"]) == (400, "bad_signature")


async def test_the_pretend_bank_is_not_there(client: httpx.AsyncClient, shop: Shop) -> None:
    """Neither its page nor its webhooks nor its name in a checkout."""
    page, webhook = await client.get("/bogus/actions/1"), await client.post("/webhooks/bogus", content=b"{}")

    assert (page.status_code, problem_of(page)["code"]) == (404, "gateway_not_offered")
    assert (webhook.status_code, problem_of(webhook)["code"]) == (404, "unknown_gateway")


async def books(shop: Shop, order_id: str) -> dict[str, int]:
    """What the ledger says of an order, account by account, where it is not nothing; what Stripe took for itself, as
    if it were there still.
    """
    balances = {account: await shop._store.ledger.balance(account, OrderId(order_id)) for account in Account}
    figures = {account: held["USD"].amount if held else 0 for account, held in balances.items()}
    figures[Account.CLEARING] += figures.pop(Account.FEE)
    return {account.value: figure for account, figure in figures.items() if figure}


@pytest.mark.parametrize("won", [True, False], ids=["won", "lost"])
async def test_a_dispute_takes_the_money_until_the_bank_has_decided(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble, won: bool
) -> None:
    """Told by webhooks, twice and the newest first; staff see it, and the ledger follows to the cent."""
    double.webhooks.copies, double.webhooks.backwards = 2, True
    bought = await buy(await fill(), "pm_card_createDispute")
    await told(client, shop, double)
    order_id = bought.json()["order"]["id"]
    during, payment = await books(shop, order_id), await shop.as_(owner()).payments.show(order_id=OrderId(order_id))
    (opened,) = double.account.disputes
    double.close_dispute(opened, won=won)
    await told(client, shop, double)
    after, order = await books(shop, order_id), await order_of(client, bought)

    assert life_of(payment, Money.zero("USD")) is PaymentLife.DISPUTED
    assert (during["dispute"], during.get("clearing", 0)) == (1250, 0)
    assert "dispute" not in after
    assert (after.get("clearing", 0), after.get("refund", 0)) == ((1250, 0) if won else (0, 1250))
    events = [entry["event"] for entry in order["timeline"] if "dispute" in entry["event"]]
    assert events == ["disputed", "dispute_won" if won else "dispute_lost"]


async def test_a_refund_that_comes_back_is_posted_back(
    client: httpx.AsyncClient, fill: Fill, buy: Buy, shop: Shop, double: StripeDouble
) -> None:
    """Stripe had said that it was done. The order is paid again, so that the money can be given back otherwise."""
    bought = await buy(await fill(), OK)
    order_id = OrderId(bought.json()["order"]["id"])
    await shop.as_(owner()).orders.refund(order_id=order_id, reason="damaged")
    await told(client, shop, double)
    done = await order_of(client, bought), await books(shop, order_id)
    (given,) = double.account.refunds
    double.settle_refund(given, done=False)
    double.webhooks.copies = 2
    await told(client, shop, double)
    back, after = await order_of(client, bought), await books(shop, order_id)
    await shop.as_(owner()).orders.refund(order_id=order_id, reason="once more")
    await told(client, shop, double)

    assert (done[0]["payment_status"], done[1].get("clearing", 0)) == ("refunded", 0)
    assert (back["payment_status"], back["refunds"][0]["status"]) == ("paid", "failed")
    assert (after["clearing"], after.get("refund", 0)) == (1250, 0)
    assert [entry["event"] for entry in back["timeline"]].count("refund_came_back") == 1
    assert (await order_of(client, bought))["payment_status"] == "refunded"
