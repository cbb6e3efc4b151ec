"""What only Stripe's gateway has to show: forgotten keys, breakdowns, pages that stay open, money held for later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import timedelta
from typing import NoReturn

import msgspec
import pytest
import stripe
from tests.contracts.stripe_party import StripeParty, TrustsKeysWithRefunds, a_stripe

from shopcore.adapters.stripe.objects import Disputed
from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.errors import BadSignature, GatewayClosed, GatewayLocked, GatewayUnavailable
from shopcore.payments.model import Attempt, DisputeState, Payment, PaymentState, Report, WalletName, ask_again
from shopcore.testing.contracts.gateway import a_payment
from shopcore.testing.stripe_double import Fault
from shopcore.testing.stripe_double.webhooks import sign

pytestmark = pytest.mark.anyio

replace = msgspec.structs.replace
A_DAY = 24 * 3600.0
CREATE, CONFIRM = "POST /v1/payment_intents", "POST /v1/payment_intents/.*/confirm"


@pytest.fixture
async def party() -> AsyncIterator[StripeParty]:
    async with a_stripe() as party:
        yield party


async def begun(party: StripeParty, payment: Payment) -> Report | None:
    """What `begin` says; None where it does not know."""
    try:
        return await party.gateway().begin(payment)
    except GatewayUnavailable:
        return None


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("request_", [CREATE, CONFIRM, "GET .*"])
@pytest.mark.parametrize("times", [1, 3])
async def test_whatever_breaks_the_customer_is_charged_once_or_not_at_all(
    party: StripeParty, fault: Fault, request_: str, times: int
) -> None:
    """And a look-up, or another `begin` where it says that there was none, knows which."""
    payment = a_payment(party.ok)
    party.double.faults.plan(fault, request_, times=times)
    first = await begun(party, payment)
    party.rested()
    report = first or await party.gateway().look_up(payment) or await party.gateway().begin(payment)

    assert len(party.charges(payment)) == (1 if report.state is PaymentState.SUCCEEDED else 0)
    assert report.state in {PaymentState.SUCCEEDED, PaymentState.FAILED}
    assert len(party.intents(payment)) <= 1


async def test_a_key_that_stripe_has_forgotten_charges_nobody_twice(party: StripeParty) -> None:
    """The attempt is looked for before it is made again."""
    payment = a_payment(party.ok)
    await party.gateway().begin(payment)
    await party.clock.advance(A_DAY)
    again = await party.gateway().begin(payment)

    assert again.state is PaymentState.SUCCEEDED
    assert len(party.charges(payment)) == len(party.intents(payment)) == 1


@pytest.mark.parametrize("hours", [0, 30])
async def test_an_intent_whose_name_was_lost_is_found_among_all_that_came_after(
    party: StripeParty, hours: float
) -> None:
    """However many a busy shop has made meanwhile: it is looked for around the time at which it was begun."""
    payment = a_payment(party.ok)
    await party.gateway().begin(payment)
    await party.clock.advance(600 + hours * 3600)
    (mine,) = party.intents(payment)
    crowd = {f"pi_{number}": {**mine, "id": f"pi_{number}", "metadata": {}} for number in range(1_000)}
    party.double.account.intents |= {name: {**one, "created": mine["created"] + 300} for name, one in crowd.items()}
    party.double.faults.plan(Fault.DELAY, "GET /v1/payment_intents", times=None)
    found = await party.gateway().look_up(payment)

    assert found is not None
    assert (found.state, found.reference) == (PaymentState.SUCCEEDED, mine["id"])
    assert party.double.faults.struck[Fault.DELAY] == 1


async def test_an_intent_that_was_made_by_who_went_on_is_found_too(party: StripeParty) -> None:
    """Hours after the payment was written down; the shop has noted when it asked again."""
    payment = a_payment(party.ok)
    await party.clock.advance(5 * 3600)
    again = ask_again(payment, payment.attempt, party.clock.now())
    await party.gateway().begin(again)
    await party.clock.advance(30 * 3600)
    found = await party.gateway().look_up(again)

    assert found is not None
    assert found.state is PaymentState.SUCCEEDED


async def test_a_refund_whose_key_is_forgotten_is_given_once(party: StripeParty) -> None:
    """It is looked for among those of the payment. A gateway that trusts its keys would give it twice."""
    payment = a_payment(party.ok)
    payment = replace(payment, reference=(await party.gateway().begin(payment)).reference)
    given = []
    for gateway in (party.gateway(), party.gateway(TrustsKeysWithRefunds)):
        for _ in range(2):
            await gateway.refund(payment, RefundId(f"refund-{type(gateway).__name__}"), Money(500, "USD"))
            given.append(await party.given_back(payment))
            await party.clock.advance(A_DAY)

    assert given == [500, 500, 1000, 1500]


@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.DELAY}))
async def test_a_refund_is_given_once_whatever_breaks(party: StripeParty, fault: Fault) -> None:
    """Where nothing was done and Stripe says so under the key for a day, it is given after that day."""
    payment = a_payment(party.ok)
    payment = replace(payment, reference=(await party.gateway().begin(payment)).reference)
    party.double.faults.plan(fault, "POST /v1/refunds", times=5)
    report = None
    while report is None:
        try:
            report = await party.gateway().refund(payment, RefundId("refund-1"), Money(500, "USD"))
        except GatewayUnavailable:
            party.rested()
            await party.clock.advance(A_DAY if fault is Fault.SERVER_ERROR else 0)

    assert report.done is True
    assert await party.given_back(payment) == 500


async def test_a_page_that_was_declined_is_closed_before_another_try(party: StripeParty) -> None:
    """Its customer cannot pay there any more while the second attempt takes the money."""
    payment = a_payment(party.declined)
    first = await party.gateway().begin(payment)
    tried = (Attempt(number=1, gateway="stripe", reference=first.reference),)
    second = await party.gateway().begin(replace(payment, attempt=2, method=party.ok, earlier=tried))
    statuses = [intent["status"] for intent in party.intents(payment)]

    assert (first.state, second.state, second.attempt) == (PaymentState.FAILED, PaymentState.SUCCEEDED, 2)
    assert statuses == ["canceled", "succeeded"]


@pytest.mark.parametrize("times", [1, 3])
async def test_what_could_still_be_paid_is_not_said_to_be_closed(party: StripeParty, times: int) -> None:
    """Stripe breaks down when it is told to cancel: that is not known, and it is told again until it has done it."""
    payment = a_payment(party.declined)
    declined = await party.gateway().begin(payment)
    party.double.faults.plan(Fault.SERVER_ERROR, "POST /v1/payment_intents/.*/cancel", times=times)
    again = replace(
        payment,
        attempt=2,
        method=party.ok,
        earlier=(Attempt(number=1, gateway="stripe", reference=declined.reference),),
    )
    first = await begun(party, again)
    open_then = [each["status"] for each in party.intents(payment)]
    party.rested()
    report = first or await party.gateway().begin(again)

    assert open_then == (["canceled", "succeeded"] if first else ["requires_payment_method"])
    assert report.state is PaymentState.SUCCEEDED
    assert [each["status"] for each in party.intents(payment)] == ["canceled", "succeeded"]


async def test_an_attempt_that_failed_is_stopped_for_good_or_not_at_all(party: StripeParty) -> None:
    """Whoever ends an order because it was stopped must be able to rely on it."""
    payment = a_payment(party.declined)
    declined = await party.gateway().begin(payment)
    payment = replace(payment, reference=declined.reference)
    party.double.faults.plan(Fault.SERVER_ERROR, "POST /v1/payment_intents/.*/cancel", times=3)
    with pytest.raises(GatewayUnavailable):
        await party.gateway().cancel(payment)
    party.rested()
    stopped = await party.gateway().cancel(payment)

    assert stopped.state is PaymentState.FAILED
    assert [each["status"] for each in party.intents(payment)] == ["canceled"]


async def test_a_method_that_stripe_refuses_leaves_nothing_that_could_be_paid(party: StripeParty) -> None:
    """Not even where another attempt follows: the first one is closed before."""
    payment = a_payment("pm_nobody_s")
    refused = await party.gateway().begin(payment)
    tried = Attempt(number=1, gateway="stripe", reference=refused.reference)
    paid = await party.gateway().begin(replace(payment, attempt=2, method=party.ok, earlier=(tried,)))

    assert (refused.state, paid.state) == (PaymentState.FAILED, PaymentState.SUCCEEDED)
    assert [each["status"] for each in party.intents(payment)] == ["canceled", "succeeded"]


async def test_money_of_the_earlier_page_is_told_instead_of_taking_more(party: StripeParty) -> None:
    """The customer has paid there with another card after the shop heard of the decline."""
    payment = a_payment(party.declined)
    first = await party.gateway().begin(payment)
    intent = party.double.account.intents[str(first.reference)]
    intent["payment_method"], intent["status"] = "pm_card_authenticationRequired", "requires_action"
    party.double.authenticate(intent["id"])
    tried = (Attempt(number=1, gateway="stripe", reference=first.reference),)
    second = await party.gateway().begin(replace(payment, attempt=2, method=party.ok, earlier=tried))

    assert (second.attempt, second.state) == (1, PaymentState.SUCCEEDED)
    assert len(party.charges(payment)) == 1


async def test_without_a_method_the_customer_s_page_pays(party: StripeParty) -> None:
    """With the client secret that the report carries, and nothing else."""
    payment = a_payment(None)
    report = await party.gateway().begin(payment)

    assert report.state is PaymentState.REQUIRES_ACTION
    assert report.client_secret == party.intents(payment)[0]["client_secret"]
    assert report.next_action is None


async def test_money_can_be_held_for_later(party: StripeParty) -> None:
    """And let go."""
    async with a_stripe(captures_later=True) as later:
        payment = a_payment(later.ok)
        held = await later.gateway().begin(payment)
        released = await later.gateway().cancel(replace(payment, reference=held.reference))

    assert (held.state, held.amount) == (PaymentState.AUTHORIZED, payment.amount)
    assert released.state is PaymentState.VOIDED


async def test_a_debit_is_processing_until_the_bank_answers(party: StripeParty) -> None:
    payment = a_payment("pm_usBankAccount_success")
    report = await party.gateway().begin(payment)
    cancelled = await party.gateway().cancel(payment)
    party.double.settle(str(report.reference))
    after = await party.gateway().look_up(payment)

    assert report.state is cancelled.state is PaymentState.PROCESSING
    assert after is not None
    assert after.state is PaymentState.SUCCEEDED


async def test_after_a_few_failures_nobody_waits_for_stripe(party: StripeParty) -> None:
    """Stripe is not even asked, until it has had a rest."""
    party.double.faults.plan(Fault.CUT, times=None)
    for _ in range(2):
        assert await begun(party, a_payment(party.ok)) is None
    asked = len(party.double.faults.planned)
    party.double.faults.planned.clear()
    answers = await asyncio.gather(*(begun(party, a_payment(party.ok)) for _ in range(20)))

    assert asked == 1
    assert sum(answer is not None for answer in answers) <= 1


async def test_a_wrong_key_is_an_outage(party: StripeParty) -> None:
    """Nothing was taken, and nothing is decided: whoever mends the setting has lost no order. Another gateway may take
    the money of who was to be asked first; of what was begun before nobody knows anything.
    """
    payment = a_payment(party.ok)
    object.__setattr__(party.link._client._requestor._options, "api_key", "sk_test_wrong")

    with pytest.raises(GatewayClosed):
        await party.gateway().begin(payment)
    with pytest.raises(GatewayUnavailable) as unknown:
        await party.gateway().cancel(payment)
    assert not isinstance(unknown.value, GatewayClosed)


async def test_a_key_that_is_refused_after_a_silence_tells_nothing_of_it(party: StripeParty) -> None:
    """The question that was not answered may have been carried out."""
    cut: Exception = stripe.APIConnectionError("cut")  # type: ignore[no-untyped-call]
    answers = [cut, stripe.AuthenticationError("no such key", http_status=401)]

    async def question(_: stripe.StripeClient) -> NoReturn:
        raise answers.pop(0)

    with pytest.raises(GatewayUnavailable) as unknown:
        await party.link.ask(question)
    assert not isinstance(unknown.value, GatewayLocked)
    answers.append(stripe.AuthenticationError("no such key", http_status=401))
    with pytest.raises(GatewayLocked):
        await party.link.ask(question)


@pytest.mark.parametrize("secret", [0, 1])
@pytest.mark.parametrize("place", [0, 1])
async def test_either_secret_is_believed_while_they_are_exchanged(party: StripeParty, secret: int, place: int) -> None:
    """Stripe signs with both, in whatever order."""
    payment = a_payment(party.ok)
    await party.gateway().begin(payment)
    party.secrets = (party.secrets[0], party.secrets[1])
    party.double.webhooks.secrets = ["whsec_of_another_endpoint"]
    party.double.webhooks.secrets.insert(place, party.secrets[secret])
    (*_, event) = party.double.account.events.values()

    assert party.gateway().read_webhook(*party.double.webhooks.signed(event)).event_id == event["id"]


@pytest.mark.parametrize(("seconds", "is_believed"), [(-301, False), (-300, True), (300, True), (301, False)])
async def test_a_webhook_is_believed_for_five_minutes_in_both_directions(
    party: StripeParty, seconds: int, is_believed: bool
) -> None:
    payment = a_payment(party.ok)
    await party.gateway().begin(payment)
    body, _ = await party.webhook(payment)
    signed = sign(body, party.clock.now() + timedelta(seconds=seconds), party.secrets[0])

    with nullcontext() if is_believed else pytest.raises(BadSignature):
        party.gateway().read_webhook(body, signed)


async def test_what_is_none_of_the_shop_s_business_reports_nothing(party: StripeParty) -> None:
    """Events of other things, and of intents that somebody else has made."""
    payment = a_payment(party.ok)
    await party.gateway().begin(payment)
    foreign = {"id": "pi_1", "amount": 1, "currency": "usd", "status": "succeeded", "metadata": {}}
    party.double.account.say("payment_intent.succeeded", foreign)
    party.double.webhooks.secrets = [party.secrets[0]]
    events = [
        party.gateway().read_webhook(*party.double.webhooks.signed(event))
        for event in party.double.account.events.values()
    ]

    assert [(event.type, event.report is not None) for event in events] == [
        ("payment_intent.created", False),
        ("charge.succeeded", False),
        ("payment_intent.succeeded", True),
        ("payment_intent.succeeded", False),
    ]


async def test_who_was_deleted_at_stripe_can_pay_all_the_same(party: StripeParty) -> None:
    """By somebody at Stripe's own pages: nothing is kept for them any more, and they are charged once."""
    wallet = WalletName(gateway="stripe", reference="cus_deleted")
    payment = replace(a_payment(party.ok), wallet=wallet, saves=True)
    reports = [await party.gateway().begin(payment) for _ in range(2)]
    stopped = await party.gateway().cancel(replace(a_payment(party.ok), wallet=wallet))

    assert [report.state for report in reports] == [PaymentState.SUCCEEDED] * 2
    assert len(party.charges(payment)) == len(party.intents(payment)) == 1
    assert stopped.state is PaymentState.VOIDED


@pytest.mark.parametrize(
    ("status", "moved", "state"),
    [
        ("needs_response", [-500], DisputeState.OPEN),
        ("won", [-500, 500], DisputeState.WON),
        ("lost", [-500], DisputeState.LOST),
        ("warning_needs_response", [], None),
        ("prevented", [], None),
        ("prevented", [-500], DisputeState.LOST),
        ("prevented", [-500, 500], None),
    ],
)
def test_a_dispute_is_told_by_its_status_and_what_it_moved(
    status: str, moved: list[int], state: DisputeState | None
) -> None:
    """One that Stripe has prevented may have cost the money, or nothing."""
    told = {"id": "dp_1", "amount": 500, "currency": "usd", "status": status, "payment_intent": "pi_1"}
    news = msgspec.convert(told | {"balance_transactions": [{"amount": each} for each in moved]}, Disputed).news

    assert (news.dispute.state if news else None) == state
