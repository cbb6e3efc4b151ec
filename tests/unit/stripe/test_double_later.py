"""What the double keeps and tells later: methods, disputes, debits, webhooks."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe
from tests.unit.stripe.asked import Client, created, paid

from shopcore.testing.clock import ManualClock
from shopcore.testing.stripe_double import StripeDouble

pytestmark = pytest.mark.anyio


async def kept(client: Client, customer: str) -> list[str]:
    """What is kept for a customer."""
    page = await client.v1.customers.payment_methods.list_async(customer)
    return [method.id for method in page.data]


async def test_a_method_is_kept_for_its_customer(client: Client) -> None:
    """Once it has paid; it pays again for them, and for nobody else."""
    ann, bob = [(await client.v1.customers.create_async({"metadata": {"name": who}})).id for who in ("ann", "bob")]
    with pytest.raises(stripe.CardError):
        await paid(client, "pm_card_visa_chargeDeclined", customer=ann, setup_future_usage="on_session")
    before = await kept(client, ann)
    first = await paid(client, customer=ann, setup_future_usage="on_session")
    (method,) = await kept(client, ann)
    again = await paid(client, method, customer=ann)
    for others in ({"customer": bob}, {}):
        with pytest.raises(stripe.InvalidRequestError, match="does not belong"):
            await paid(client, method, **others)

    assert (before, first.payment_method, again.status) == ([], method, "succeeded")
    assert await kept(client, bob) == []


async def test_what_is_taken_out_pays_for_nobody(client: Client) -> None:
    """Whether it was detached, or its customer deleted."""
    ann = (await client.v1.customers.create_async()).id
    for _ in range(2):
        await paid(client, customer=ann, setup_future_usage="on_session")
    one, other = await kept(client, ann)
    await client.v1.payment_methods.detach_async(one)
    left = await kept(client, ann)
    await client.v1.customers.delete_async(ann)
    for gone in (one, other):
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            await paid(client, gone)

    assert left == [other]
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        await kept(client, ann)


async def test_webhooks_are_signed_as_the_client_expects(client: Client, double: StripeDouble) -> None:
    """With each secret that is in force; in order, as often as they are told to be, and again until they are taken."""
    double.webhooks.secrets = ["whsec_old", "whsec_new"]
    double.webhooks.copies = 2
    await paid(client)
    taken: list[str] = []

    async def take(body: bytes, headers: Mapping[str, str]) -> None:
        signature, ages = headers["Stripe-Signature"], 10**9
        read = [stripe.Webhook.construct_event(body, signature, secret, ages) for secret in double.webhooks.secrets]
        taken.append(read[0].type)

    async def refuse(body: bytes, headers: Mapping[str, str]) -> None:
        raise ConnectionError

    assert await double.webhooks.deliver_due(refuse) == 6
    assert await double.webhooks.deliver_due(take) == 0
    double.account.now = ManualClock(double.account.now().replace(minute=1)).now
    assert await double.webhooks.deliver_due(take) == 6
    assert taken[:2] == ["payment_intent.created"] * 2
    assert taken[-1] == "payment_intent.succeeded"


async def test_a_disputed_charge_takes_its_money_away(client: Client, double: StripeDouble) -> None:
    """With a fee; what is won comes back without it."""
    await paid(client, "pm_card_createDispute")
    (dispute,) = (await client.v1.disputes.list_async()).data
    double.close_dispute(dispute.id, won=True)
    nets = [each.net for each in (await client.v1.balance_transactions.list_async()).data]

    assert dispute.status == "needs_response"
    assert nets == [1999, -3499, 1911]


@pytest.mark.parametrize("succeeds", [True, False])
async def test_a_debit_is_answered_later(client: Client, double: StripeDouble, succeeds: bool) -> None:
    intent = await paid(client, "pm_usBankAccount_success")
    double.settle(intent.id, succeeds=succeeds)
    after = await client.v1.payment_intents.retrieve_async(intent.id)

    assert (intent.status, intent.amount_received) == ("processing", 0)
    assert (after.status, after.amount_received) == (
        ("succeeded", 1999) if succeeds else ("requires_payment_method", 0)
    )


async def test_a_refund_may_be_on_its_way_and_come_back(client: Client, double: StripeDouble) -> None:
    intent = await paid(client, "pm_card_pendingRefund")
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    double.settle_refund(refund.id, done=False)
    charge = await client.v1.charges.retrieve_async(str(intent.latest_charge))

    assert refund.status == "pending"
    assert (await client.v1.refunds.retrieve_async(refund.id)).status == "failed"
    assert charge.amount_refunded == 0


async def test_a_refund_may_succeed_and_come_back_all_the_same(client: Client, double: StripeDouble) -> None:
    """By the card that Stripe has for it: its answer is a success, what is heard afterwards is not."""
    intent = await paid(client, "pm_card_refundFail")
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    charge = await client.v1.charges.retrieve_async(str(intent.latest_charge))
    nets = [each.net for each in (await client.v1.balance_transactions.list_async()).data]

    assert refund.status == "succeeded"
    assert (await client.v1.refunds.retrieve_async(refund.id)).status == "failed"
    assert "refund.failed" in [event["type"] for event in double.account.events.values()]
    assert (charge.amount_refunded, nets[:2]) == (0, [500, -500])


async def test_the_guide_says_by_what_a_shop_is_served_against_it(double: StripeDouble) -> None:
    """Its key, the secret of its webhooks, and the setting that says where it is."""
    page = (Path(__file__).parents[3] / "docs/how-to/test-with-shopcore.md").read_text(encoding="utf-8")
    served = (
        f"STRIPE_SECRET_KEY={double.secret_key} STRIPE_WEBHOOK_SECRETS={double.webhooks.secrets[0]} STRIPE_API_BASE="
    )

    assert served in page
    assert 'post("/webhooks/stripe"' in page


async def test_webhooks_may_be_late_lost_and_in_another_order(
    client: Client, double: StripeDouble, clock: ManualClock
) -> None:
    double.webhooks.delay_seconds, double.webhooks.backwards = 60.0, True
    double.webhooks.lost = {"charge.succeeded"}
    await paid(client)
    taken: list[str] = []

    async def take(body: bytes, headers: Mapping[str, str]) -> None:
        taken.append(json.loads(body)["type"])

    early = await double.webhooks.deliver_due(take)
    await clock.advance(60)
    await double.webhooks.deliver_due(take)

    assert early == 0
    assert taken == ["payment_intent.succeeded", "payment_intent.created"]
    assert double.webhooks.pending == 0


async def test_what_nobody_takes_is_given_up_and_said(client: Client, double: StripeDouble, clock: ManualClock) -> None:
    """It is not forgotten as if it had been taken. It is sent less and less for three days, so that a shop whose server
    begins anew every few seconds hears of it.
    """
    await created(client)
    begun, refused = clock.now(), list[timedelta]()

    async def refuse(_: bytes, __: Mapping[str, str]) -> None:
        refused.append(clock.now() - begun)
        raise ConnectionError

    while double.webhooks.pending:
        await double.webhooks.deliver_due(refuse)
        await clock.advance(5)

    assert [each.total_seconds() for each in refused[:4]] == [0, 5, 15, 35]
    assert refused[-2] < timedelta(days=3) <= refused[-1]
    assert [event["type"] for event in double.webhooks.given_up] == ["payment_intent.created"]


@pytest.mark.parametrize(("seconds", "is_believed"), [(0, True), (200, True), (301, False)])
async def test_a_signature_grows_old(client: Client, double: StripeDouble, seconds: int, is_believed: bool) -> None:
    """The client believes one of five minutes."""
    await paid(client)
    event = next(iter(double.account.events.values()))
    sent = datetime.fromtimestamp(time.time() - seconds, UTC)
    body, headers = double.webhooks.signed(event, sent)
    secret = double.webhooks.secrets[0]
    try:
        read = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)
    except stripe.SignatureVerificationError:
        read = None

    assert (read is not None) is is_believed
