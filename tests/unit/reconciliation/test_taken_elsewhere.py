"""Money that is held at Stripe, and taken there by hand, in another amount or not at all: it is never lost sight of."""

import pytest
from tests.stories import PRICE, Bought
from tests.unit.reconciliation.conftest import DECLINED, VISA, AtStripe

from shopcore.kernel.money import Money
from shopcore.payments.errors import CaptureNotPossible, CaptureRefused, GatewayUnavailable, PaymentUnderWay
from shopcore.payments.model import Account, Kind, PaymentLife, life_of
from shopcore.testing.stripe_double import Fault, intents

pytestmark = pytest.mark.anyio

PART, REST = Money(1_200, "USD"), Money(800, "USD")
A_DAY = 24 * 3600.0


async def held(at_stripe: AtStripe) -> tuple[Bought, str]:
    """A purchase whose money Stripe holds, and the name of its intent."""
    at_stripe.party.captures_later = True
    at_stripe.story.with_gateway(at_stripe.party.gateway())
    bought = await at_stripe.buys()
    return bought, str((await bought.payment()).reference)


async def kept(at_stripe: AtStripe, reference: str) -> int:
    """What Stripe took of an intent and did not give back."""
    charges = [one for one in at_stripe.account.charges.values() if one["payment_intent"] == reference]
    return sum(one["amount_captured"] - one["amount_refunded"] for one in charges)


async def ask_in_vain(at_stripe: AtStripe, bought: Bought, amount: Money | None) -> None:
    """Staff want the money to be taken, and Stripe never hears it; then the line is mended."""
    at_stripe.party.double.faults.plan(Fault.CUT, "POST .*/capture", times=None)
    with pytest.raises(GatewayUnavailable):
        await at_stripe.story.staff.payments.capture(order_id=bought.id, amount=amount)
    at_stripe.party.double.faults.end()
    at_stripe.party.rested()
    at_stripe.story.with_gateway(at_stripe.party.gateway())


async def test_a_part_that_was_taken_at_stripe_pays_the_order(at_stripe: AtStripe) -> None:
    """As if staff had taken it in the shop: the rest is not owed any more, and the timeline says how much came."""
    story = at_stripe.story
    bought, reference = await held(at_stripe)
    intents.capture(at_stripe.account, reference, {"amount_to_capture": str(PART.amount)})
    await story.passes(5 * A_DAY)
    await story.settles()
    (paid,) = [entry for entry in (await bought.order()).timeline if entry.event == "paid"]

    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert (await bought.payment()).captured == PART
    assert paid.note == f"{PART} instead of {PRICE}"
    assert await story.balance(Account.RECEIVABLE) == 0
    assert await story.balance(Account.REFUND) == REST.amount


async def test_a_part_that_nobody_had_asked_for_is_a_difference(at_stripe: AtStripe) -> None:
    """The books have what was taken, and a person has to know; it is told for as long as it is in the window."""
    bought, reference = await held(at_stripe)
    intents.capture(at_stripe.account, reference, {"amount_to_capture": str(PART.amount)})
    await at_stripe.told()
    (told,) = (await at_stripe.compare()).differences
    later = await at_stripe.compare(minutes=4 * A_DAY / 60)

    assert (await bought.payment()).captured == PART
    assert (told.kind, told.theirs, told.ours, told.repairs) == (Kind.AMOUNT, PART, PRICE, False)
    assert later.differences == ()


async def test_a_part_that_staff_have_asked_for_is_no_difference(at_stripe: AtStripe) -> None:
    bought, _ = await held(at_stripe)
    await at_stripe.story.staff.payments.capture(order_id=bought.id, amount=PART)

    assert (await at_stripe.compare()).differences == ()


async def test_a_part_that_was_taken_at_stripe_goes_back_with_its_order(at_stripe: AtStripe) -> None:
    """The order ends, and keeps nothing."""
    bought, reference = await held(at_stripe)
    intents.capture(at_stripe.account, reference, {"amount_to_capture": str(PART.amount)})
    await bought.cancel()
    await at_stripe.story.settles()

    assert await bought.stands() == ("cancelled", "refunded", "succeeded")
    assert [refund.amount for refund in (await bought.order()).refunds] == [PART]
    assert await kept(at_stripe, reference) == 0
    assert await at_stripe.story.balance(Account.CLEARING) == await at_stripe.story.balance(Account.RECEIVABLE) == 0


async def test_what_was_taken_beyond_what_was_asked_for_goes_back(at_stripe: AtStripe) -> None:
    """Staff asked for a part and Stripe did not hear it; somebody took all of it there."""
    story = at_stripe.story
    bought, reference = await held(at_stripe)
    await ask_in_vain(at_stripe, bought, PART)
    intents.capture(at_stripe.account, reference, {})
    await story.passes(60)
    await story.staff.payments.capture(order_id=bought.id)
    await story.settles()

    assert await bought.stands() == ("processing", "partially_refunded", "succeeded")
    assert [(refund.amount, refund.status) for refund in (await bought.order()).refunds] == [(REST, "done")]
    (told,) = (await at_stripe.compare()).differences
    assert (told.kind, told.theirs, told.ours) == (Kind.AMOUNT, PRICE, PART)
    assert await kept(at_stripe, reference) == PART.amount
    assert await story.balance(Account.RECEIVABLE) == 0


async def test_an_order_that_was_paid_beyond_its_price_is_paid_when_that_is_back(at_stripe: AtStripe) -> None:
    """Nothing of it is missing, to its buyer and to an accountant; in one word and in the report."""
    bought = await at_stripe.buys(DECLINED)
    reference = str((await bought.payment()).reference)
    at_stripe.account.intents[reference]["amount"] += 300
    intents.confirm(at_stripe.account, reference, {"payment_method": VISA, "return_url": "https://shop.example"})
    await at_stripe.told()
    await at_stripe.story.settles()
    order, payment = await bought.order(), await bought.payment()
    back = Money(300, "USD")

    assert [(refund.amount, refund.status) for refund in order.refunds] == [(back, "done")]
    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert life_of(payment, back) is PaymentLife.CAPTURED
    assert life_of(payment, back + PART) is PaymentLife.PARTLY_REFUNDED
    assert life_of(payment, back + PRICE) is PaymentLife.REFUNDED


async def test_two_who_take_it_at_once_cannot_mean_different_amounts(at_stripe: AtStripe) -> None:
    """All of it is written down as well, before Stripe is asked: then nobody may ask for a part."""
    story = at_stripe.story
    bought, _ = await held(at_stripe)
    await ask_in_vain(at_stripe, bought, None)

    with pytest.raises(CaptureNotPossible):
        await story.staff.payments.capture(order_id=bought.id, amount=PART)


async def test_an_order_does_not_end_on_money_that_cannot_be_taken_in(at_stripe: AtStripe) -> None:
    """In a currency that is not the payment's: a person has to look, and the job that asks says so for as long."""
    story = at_stripe.story
    bought, reference = await held(at_stripe)
    intents.capture(at_stripe.account, reference, {})
    at_stripe.account.intents[reference]["currency"] = "eur"
    payment = await bought.payment()

    with pytest.raises(PaymentUnderWay):
        await bought.cancel()
    assert await bought.stands() == ("processing", "authorized", "authorized")
    (charge,) = at_stripe.account.charges.values()
    charge["currency"] = at_stripe.account.transactions[charge["balance_transaction"]]["currency"] = "eur"
    (told,) = (await at_stripe.compare()).differences
    assert (told.kind, told.payment_id, told.repairs) == (Kind.CURRENCY, payment.id, False)
    assert told.theirs == Money(PRICE.amount, "EUR")
    assert "confirm_charges" not in await story.jobs("waiting")


async def test_a_capture_that_stripe_refuses_is_no_success(at_stripe: AtStripe) -> None:
    """Staff hear why, and nothing is audited as taken; the shop's own job goes on until Stripe takes it."""
    story = at_stripe.story
    bought, reference = await held(at_stripe)
    at_stripe.account.intents[reference]["amount_capturable"] = 0
    with pytest.raises(CaptureRefused, match="invalid_request_error"):
        await story.staff.payments.capture(order_id=bought.id, amount=PART)
    await story.passes(4.5 * A_DAY)
    acts = [entry.action for entry in (await story.staff.audit.list()).items]
    waiting, refused = await story.jobs("waiting"), await bought.payment()
    at_stripe.account.intents[reference]["amount_capturable"] = PRICE.amount
    for _ in range(3):
        await story.passes(3600)

    assert "payment.capture" not in acts
    assert "capture_payment" in waiting
    assert (refused.state, refused.capturing) == ("authorized", None)
    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert await kept(at_stripe, reference) == PRICE.amount


async def test_the_shop_takes_no_more_than_staff_have_said(at_stripe: AtStripe) -> None:
    """Asked for and not heard, then refused to the job: their amount stands."""
    story = at_stripe.story
    bought, reference = await held(at_stripe)
    await ask_in_vain(at_stripe, bought, PART)
    at_stripe.account.intents[reference]["amount_capturable"] = 0
    await story.passes(4.5 * A_DAY)

    assert (await bought.payment()).capturing == PART


async def test_staff_hear_of_money_that_is_not_held_any_more(at_stripe: AtStripe) -> None:
    """Once, with what has become of the order: it waits, and nothing of it may leave."""
    bought, reference = await held(at_stripe)
    intents.cancel(at_stripe.account, reference, {})
    await at_stripe.told()
    await at_stripe.story.passes(5 * A_DAY)
    (mail,) = await at_stripe.story.mails("lapsed-hold")

    assert str(PRICE) in mail
    assert (await bought.order()).number in mail
    assert "waits for other money" in mail


@pytest.mark.parametrize("lets_go", ["void", "cancel"])
async def test_staff_hear_of_nothing_that_they_know(at_stripe: AtStripe, lets_go: str) -> None:
    bought, _ = await held(at_stripe)
    if lets_go == "void":
        await at_stripe.story.staff.payments.void(order_id=bought.id)
    else:
        await bought.cancel()
    await at_stripe.told()

    assert (await bought.payment()).state == "voided"
    assert await at_stripe.story.mails("lapsed-hold") == []
