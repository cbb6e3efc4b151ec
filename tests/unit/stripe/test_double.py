"""The double takes, holds, refunds and lists money as Stripe does."""

from typing import Any

import pytest
import stripe
from tests.unit.stripe.asked import Client, created, paid

from shopcore.testing.clock import ManualClock
from shopcore.testing.stripe_double import StripeDouble
from shopcore.testing.stripe_double.cards import CARDS

pytestmark = pytest.mark.anyio


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
