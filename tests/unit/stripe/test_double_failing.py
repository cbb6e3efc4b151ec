"""The double remembers keys, and fails as it is told to."""

import asyncio

import aiohttp
import pytest
import stripe
from tests.unit.stripe.asked import CREATE, Client, created, error_of, paid

from shopcore.testing.clock import ManualClock
from shopcore.testing.stripe_double import Fault, StripeDouble

pytestmark = pytest.mark.anyio


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


@pytest.mark.parametrize(
    ("fault", "error", "is_done"),
    [
        (Fault.CUT, stripe.APIConnectionError, False),
        (Fault.DROP_ANSWER, stripe.APIConnectionError, True),
        (Fault.HALF_AN_ANSWER, aiohttp.ClientPayloadError, True),
        (Fault.HALF_AN_ERROR, aiohttp.ClientPayloadError, False),
        (Fault.STRANGE_ANSWER, stripe.APIError, True),
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


async def test_each_request_may_fail_the_first_time(client: Client, double: StripeDouble) -> None:
    double.faults.at_first(Fault.HALF_AN_ERROR)
    first, second = await tried(client), await tried(client)

    assert isinstance(first, aiohttp.ClientPayloadError)
    assert not isinstance(second, Exception)
    assert double.faults.struck[Fault.HALF_AN_ERROR] == 1


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
    except (stripe.StripeError, aiohttp.ClientError) as error:
        return error
