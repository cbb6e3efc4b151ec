"""The pretend Stripe, reached by the official client over loopback."""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from shopcore.testing.clock import ManualClock
from shopcore.testing.stripe_double import Fault, StripeDouble
from shopcore.testing.stripe_double.cards import CARDS

pytestmark = pytest.mark.anyio

Client = stripe.StripeClient
CREATE = "POST /v1/payment_intents"


async def created(client: Client, key: str | None = None, **params: Any) -> stripe.PaymentIntent:
    """A PaymentIntent over 19.99 USD, unless told otherwise."""
    asked: Any = {"amount": 1999, "currency": "usd", "metadata": {"order": "7"}, **params}
    return await client.v1.payment_intents.create_async(asked, {"idempotency_key": key} if key else {})


async def paid(
    client: Client, method: str = "pm_card_visa", key: str | None = None, **params: Any
) -> stripe.PaymentIntent:
    """One that is confirmed at once."""
    params = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}, **params}
    return await created(client, key, payment_method=method, confirm=True, **params)


def error_of(error: stripe.StripeError) -> dict[str, Any]:
    """What the answer said."""
    assert isinstance(error.json_body, dict)
    found: dict[str, Any] = error.json_body["error"]
    return found


async def test_money_is_taken_with_its_charge_its_fee_and_its_events(client: Client, double: StripeDouble) -> None:
    intent = await paid(client, expand=["latest_charge.balance_transaction"])
    charge: Any = intent.latest_charge
    events = (await client.v1.events.list_async()).data

    assert (intent.status, intent.amount_received, intent.metadata["order"]) == ("succeeded", 1999, "7")
    assert (charge.amount_captured, charge.balance_transaction.fee, charge.balance_transaction.net) == (1999, 88, 1911)
    assert [event.type for event in events] == [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


@pytest.mark.parametrize("method", [name for name, card in CARDS.items() if card.code and not card.authenticates])
async def test_a_card_that_declines_says_why(client: Client, method: str) -> None:
    """In the error, and in the intent, which waits for another card."""
    with pytest.raises(stripe.CardError) as declined:
        await paid(client, method)
    (intent,) = (await client.v1.payment_intents.list_async()).data

    assert declined.value.code == CARDS[method].code
    assert (intent.status, intent.amount_received) == ("requires_payment_method", 0)
    assert getattr(intent.last_payment_error, "decline_code", None) == CARDS[method].decline_code


@pytest.mark.parametrize("succeeds", [True, False])
async def test_a_card_may_ask_its_holder_first(client: Client, double: StripeDouble, succeeds: bool) -> None:
    asked = await created(client)
    waits: Any = await client.v1.payment_intents.confirm_async(
        asked.id, {"payment_method": "pm_card_authenticationRequired", "return_url": "https://shop.example.org/"}
    )
    double.authenticate(asked.id, succeeds=succeeds)
    after = await client.v1.payment_intents.retrieve_async(asked.id)

    assert (waits.status, waits.amount_received) == ("requires_action", 0)
    assert waits.next_action.redirect_to_url.url == f"{double.url}/authorize/{asked.id}"
    assert after.status == ("succeeded" if succeeds else "requires_payment_method")


async def test_a_part_is_captured_and_the_rest_let_go(client: Client) -> None:
    """And no more than was authorised, nor twice."""
    held = await paid(client, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError, match="capturable"):
        await client.v1.payment_intents.capture_async(held.id, {"amount_to_capture": 2000})
    taken = await client.v1.payment_intents.capture_async(held.id, {"amount_to_capture": 500})
    with pytest.raises(stripe.InvalidRequestError) as again:
        await client.v1.payment_intents.capture_async(held.id)

    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 1999, 0)
    assert (taken.status, taken.amount_capturable, taken.amount_received) == ("succeeded", 0, 500)
    assert again.value.code == "payment_intent_unexpected_state"


async def test_what_is_cancelled_takes_nothing(client: Client) -> None:
    """It cannot be confirmed any more; and what has taken money cannot be cancelled."""
    waits, done = await created(client), await paid(client)
    cancelled = await client.v1.payment_intents.cancel_async(waits.id, {"cancellation_reason": "abandoned"})

    assert cancelled.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        await client.v1.payment_intents.confirm_async(waits.id, {"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        await client.v1.payment_intents.cancel_async(done.id)


async def test_no_more_is_refunded_than_was_taken(client: Client) -> None:
    intent = await paid(client)
    first = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1500})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    rest = await client.v1.refunds.create_async({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as nothing:
        await client.v1.refunds.create_async({"payment_intent": intent.id})
    transactions = (await client.v1.balance_transactions.list_async()).data

    assert (first.status, rest.amount) == ("succeeded", 499)
    assert nothing.value.code == "charge_already_refunded"
    assert [each.amount for each in transactions] == [-499, -1500, 1999]


@pytest.mark.parametrize(
    ("amount", "currency", "is_taken"),
    [
        (50, "usd", True),
        (49, "usd", False),
        (99_999_999, "eur", True),
        (100_000_000, "eur", False),
        (50, "jpy", True),
        (1230, "kwd", True),
        (1234, "kwd", False),
        (500, "ugx", True),
        (550, "ugx", False),
        (500, "xdr", False),
    ],
)
async def test_an_amount_is_taken_or_refused(client: Client, amount: int, currency: str, is_taken: bool) -> None:
    """As the currency has it; never rounded."""
    try:
        intent = await created(client, amount=amount, currency=currency)
    except stripe.InvalidRequestError:
        assert not is_taken
    else:
        assert is_taken
        assert (intent.amount, intent.currency) == (amount, currency)


async def test_what_it_does_not_know_it_refuses(client: Client, double: StripeDouble) -> None:
    """An unknown parameter, method or intent, and another key."""
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        await created(client, amuont=1)
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod"):
        await paid(client, "pm_card_invented")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await client.v1.payment_intents.retrieve_async("pi_nothing")
    stranger = stripe.StripeClient(
        "sk_test_other", base_addresses={"api": double.url}, http_client=client._requestor._client
    )
    with pytest.raises(stripe.AuthenticationError):
        await stranger.v1.payment_intents.list_async()

    assert (unknown.value.code, missing.value.code) == ("parameter_unknown", "resource_missing")


async def test_a_list_is_read_page_by_page(client: Client, clock: ManualClock) -> None:
    """Newest first, within the time that is asked for."""
    made = []
    for _ in range(7):
        made.append((await created(client)).id)
        await clock.advance(60)
    since = int(clock.now().timestamp()) - 5 * 60
    page = await client.v1.payment_intents.list_async({"limit": 2, "created": {"gte": since}})
    found = [each.id async for each in page.auto_paging_iter()]

    assert found == made[:1:-1]


# -------------------------------------------------------------------------------------------------------------- keys


async def test_a_key_s_first_answer_is_given_again(client: Client, clock: ManualClock) -> None:
    """As it was then, though the intent has moved on; after a day the key is forgotten."""
    first = await created(client, "a key")
    await client.v1.payment_intents.cancel_async(first.id)
    again = await created(client, "a key")
    await clock.advance(24 * 3600)
    forgotten = await created(client, "a key")

    assert (again.id, again.status) == (first.id, "requires_payment_method")
    assert again.last_response is not None
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert forgotten.id != first.id


async def test_a_key_is_for_one_request(client: Client) -> None:
    await created(client, "a key")

    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        await created(client, "a key", amount=2000)


async def test_a_key_in_use_conflicts(client: Client, double: StripeDouble) -> None:
    """Of twenty at the same moment one is carried out."""
    double.faults.latency_seconds = 0.02
    answers = await asyncio.gather(*(created(client, "a key") for _ in range(20)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, stripe.StripeError)]

    assert len(double.account.intents) == 1
    assert len(refused) == 19
    assert {(each.http_status, error_of(each)["code"]) for each in refused} == {(409, "idempotency_key_in_use")}


async def test_a_key_is_for_one_endpoint(client: Client) -> None:
    """Not even for the next step of the same intent."""
    intent = await created(client, "a key")

    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        await client.v1.payment_intents.confirm_async(
            intent.id, {"payment_method": "pm_card_visa"}, {"idempotency_key": "a key"}
        )


async def test_a_decline_is_kept_under_its_key(client: Client, double: StripeDouble) -> None:
    """Word for word, though the card would be taken now; the card is tried once."""
    told = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            await paid(client, "pm_card_visa_chargeDeclined", key="a key")
        told.append(declined.value)
    first, again = told

    assert first.json_body == again.json_body
    assert [(error.headers or {}).get("idempotent-replayed") for error in told] == [None, "true"]
    assert len(double.account.charges) == 1


async def test_declines_and_breakdowns_are_kept_under_their_key(client: Client, double: StripeDouble) -> None:
    """What failed validation is not."""
    double.faults.plan(Fault.SERVER_ERROR, "POST /v1/payment_intents")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await created(client, "broken")
    with pytest.raises(stripe.InvalidRequestError):
        await created(client, "wrong", amount=0)
    await created(client, "wrong")

    assert len(double.account.intents) == 1


# ------------------------------------------------------------------------------------------------------------ faults


@pytest.mark.parametrize(
    ("fault", "error", "is_done"),
    [
        (Fault.CUT, stripe.APIConnectionError, False),
        (Fault.DROP_ANSWER, stripe.APIConnectionError, True),
        (Fault.SERVER_ERROR, stripe.APIError, False),
        (Fault.SERVER_ERROR_AFTERWARDS, stripe.APIError, True),
        (Fault.RATE_LIMITED, stripe.RateLimitError, False),
    ],
)
async def test_it_fails_as_often_as_it_is_told_to(
    client: Client, double: StripeDouble, fault: Fault, error: type[Exception], is_done: bool
) -> None:
    double.faults.plan(fault, "POST /v1/payment_intents")
    with pytest.raises(error):
        await paid(client)
    done = len(double.account.charges)
    await paid(client)

    assert (done, len(double.account.charges)) == (int(is_done), int(is_done) + 1)


async def test_an_answer_may_be_late(client: Client, double: StripeDouble) -> None:
    """Meanwhile the key is in use, and who gives up has not undone anything."""
    double.faults.plan(Fault.DELAY, CREATE, seconds=3_600)
    waiting = asyncio.ensure_future(created(client, "a key"))
    while not double.faults.struck[Fault.DELAY]:  # noqa: ASYNC110 - it happens on a connection
        await asyncio.sleep(0)
    with pytest.raises(stripe.StripeError) as refused:
        await created(client, "a key")
    waiting.cancel()

    assert error_of(refused.value)["code"] == "idempotency_key_in_use"
    assert not double.account.intents


async def test_faults_may_be_often(client: Client, double: StripeDouble) -> None:
    """The same ones for the same seed; until they end."""
    courses = []
    for seed in (1, 1, 2):
        double.faults.often(0.5, Fault.CUT, Fault.RATE_LIMITED, seed=seed)
        courses.append([type(each) for each in [await tried(client) for _ in range(40)]])
    double.faults.end()
    after = [await tried(client) for _ in range(10)]

    assert courses[0] == courses[1] != courses[2]
    assert {stripe.APIConnectionError, stripe.RateLimitError, stripe.PaymentIntent} == set(courses[0])
    assert all(isinstance(each, stripe.PaymentIntent) for each in after)
    assert sum(double.faults.struck.values()) == sum(
        kind is not stripe.PaymentIntent for course in courses for kind in course
    )


async def tried(client: Client) -> object:
    """An intent, or what came instead of it."""
    try:
        return await created(client)
    except stripe.StripeError as error:
        return error


# --------------------------------------------------------------------------------------------------------- customers


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


# ---------------------------------------------------------------------------------------------------------- webhooks


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
