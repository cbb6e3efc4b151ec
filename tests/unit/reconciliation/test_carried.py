"""What is not mended stays open from one comparison to the next, until it is; what can be taken in safely is."""

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.reconciliation.conftest import DECLINED, VISA, AtStripe
from tests.unit.reconciliation.test_differences import kinds

from shopcore.checkout.model import PaymentChoice
from shopcore.kernel.actor import System
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NotPaid
from shopcore.payments.model import Account, Dispute, DisputeState, Kind, Reconciliation, ToldOnce
from shopcore.testing.stripe_double import intents, money

pytestmark = pytest.mark.anyio

DISPUTED = "pm_card_createDispute"
SYSTEM = System(kind="take_in_dispute")
WEEK = timedelta(days=7)


async def later(at_stripe: AtStripe, time: timedelta = WEEK) -> Reconciliation:
    """A comparison of the usual window, after that time in which no worker was there."""
    await at_stripe.story.clock.advance(time.total_seconds())
    return await at_stripe.story.staff.reconciliations.reconcile()


async def test_a_difference_is_told_until_it_is_gone(at_stripe: AtStripe) -> None:
    """Weeks after it left the usual window, in each comparison and each mail, with the time at which it arose."""
    bought = await at_stripe.buys()
    charge = await at_stripe.charge_of(bought)
    at_stripe.account.charges[charge["id"]]["amount_captured"] = 1_500
    first = await at_stripe.compare()
    runs = [await later(at_stripe) for _ in range(3)]
    await at_stripe.story.settles()
    mails = await at_stripe.story.mails("open-differences")
    at_stripe.account.charges[charge["id"]]["amount_captured"] = 2_000
    after = [await later(at_stripe) for _ in range(2)]

    assert [kinds(run) for run in (first, *runs)] == [[Kind.AMOUNT]] * 4
    assert {run.differences[0].at for run in (first, *runs)} == {first.differences[0].at}
    assert [kinds(run) for run in after] == [[], []]
    assert len(mails) >= 3


async def test_money_of_others_is_told_once(at_stripe: AtStripe) -> None:
    """By count and sum, in one mail; what is wrong here is told beside it, and for as long as it is wrong."""
    asked = {"amount": "900", "currency": "usd", "payment_method": VISA, "confirm": "true", "return_url": "https://a.b"}
    for _ in range(2):
        intents.create(at_stripe.account, asked)
    first = await at_stripe.compare()
    again = await at_stripe.compare()
    await at_stripe.story.settles()
    mails = await at_stripe.story.mails("open-differences")
    bought = await at_stripe.buys()
    charge = await at_stripe.charge_of(bought)
    at_stripe.account.charges[charge["id"]]["amount_captured"] = 1_500
    wrong = [await at_stripe.compare(), await later(at_stripe)]

    told = ToldOnce(kind=Kind.FOREIGN, gateway="stripe", count=2, amount=Money(1_800, "USD"))
    assert (first.told_once, again.told_once) == ((told,), ())
    assert kinds(first) == kinds(again) == [Kind.FOREIGN] * 2
    assert len(mails) == 1
    assert "together 18.00 USD" in mails[0]
    assert [kinds(run) for run in wrong] == [[Kind.AMOUNT, Kind.FOREIGN, Kind.FOREIGN], [Kind.AMOUNT]]


async def test_nobody_is_written_to_of_what_the_shop_mends(at_stripe: AtStripe) -> None:
    """Unless it is there still the next day."""
    bought = await at_stripe.buys(DECLINED)
    asked = {"payment_method": VISA, "return_url": "https://shop.example"}
    intents.confirm(at_stripe.account, str((await bought.payment()).reference), asked)
    found = await at_stripe.compare(20)
    await at_stripe.story.settles()
    after = await at_stripe.compare(0)

    assert (kinds(found), kinds(after)) == ([Kind.MISSING], [])
    assert await at_stripe.story.mails("open-differences") == []


@pytest.mark.parametrize("decided", [None, "won", "lost"])
async def test_a_dispute_that_no_webhook_told_is_taken_in(at_stripe: AtStripe, decided: str | None) -> None:
    """As the webhook would have: the money is gone until the bank has decided, and back or lost afterwards."""
    bought = await at_stripe.buys(DISPUTED)
    (opened,) = at_stripe.account.disputes.values()
    if decided is not None:
        money.close_dispute(at_stripe.account, opened, won=decided == "won")
    found = await at_stripe.compare()
    await at_stripe.story.settles()
    after = await at_stripe.compare(0)
    (dispute,) = (await bought.payment()).disputes

    assert set(kinds(found)) == {Kind.MISSING}
    assert all(one.repairs for one in found.differences)
    assert kinds(after) == []
    assert dispute.state == (decided or "open")
    held = sum(one["net"] for one in at_stripe.account.transactions.values())
    assert await at_stripe.story.balance(Account.CLEARING) == held


async def test_a_dispute_in_another_currency_that_no_webhook_told_is_taken_in(at_stripe: AtStripe) -> None:
    """A bank may count in its own: the books have it as the bank does, and what the order brought is not shipped."""
    bought = await at_stripe.buys(DISPUTED)
    (opened,) = at_stripe.account.disputes.values()
    opened |= {"currency": "eur", "amount": 1_800}
    (found,) = (await at_stripe.compare()).differences
    await at_stripe.story.settles()
    after = await at_stripe.compare(0)

    assert (found.kind, found.theirs, found.repairs) == (Kind.MISSING, Money(-1_800, "EUR"), True)
    assert [one.amount for one in (await bought.payment()).disputes] == [Money(1_800, "EUR")]
    assert kinds(after) == []
    assert (await at_stripe.story.place.store.ledger.balance(Account.CLEARING))["EUR"] == Money(-1_800, "EUR")
    with pytest.raises(NotPaid):
        await at_stripe.story.staff.orders.ship(order_id=bought.id)


@pytest.mark.parametrize("days", [timedelta(0), timedelta(days=9)])
async def test_a_refund_that_came_back_untold_is_taken_in(at_stripe: AtStripe, days: timedelta) -> None:
    """At once, or long after it was given. It stands as failed, so that staff are told and give the money otherwise."""
    bought = await at_stripe.buys()
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await at_stripe.story.settles()
    await at_stripe.story.passes(days.total_seconds())  # so that the worker has made the daily one before
    (given,) = at_stripe.account.refunds
    money.settle_refund(at_stripe.account, given, done=False)
    found = await at_stripe.compare()
    await at_stripe.story.settles()
    after = await at_stripe.compare(0)

    assert ([one.repairs for one in found.differences], kinds(after)) == ([True], [])
    assert [one.failure for one in (await bought.order()).refunds] == ["returned"]
    assert len(await at_stripe.story.mails("failed-refund")) == 1


DEBITS: list[tuple[str, str, list[Kind]]] = [("pending", "payment", []), ("failed", "payment", [])]


@pytest.mark.parametrize(("status", "kind", "expected"), DEBITS)
async def test_a_debit_that_has_not_arrived_is_no_difference(
    at_stripe: AtStripe, status: str, kind: str, expected: list[Kind]
) -> None:
    """Stripe lists it from the day on which it is asked for, and takes it out again if it fails."""
    bought = await at_stripe.buys(DECLINED)
    asked = {"payment_method": VISA, "return_url": "https://shop.example"}
    intents.confirm(at_stripe.account, str((await bought.payment()).reference), asked)
    charge = await at_stripe.charge_of(bought)
    at_stripe.account.charges[charge["id"]]["status"] = status
    booked = at_stripe.account.transactions[charge["balance_transaction"]]
    booked["type"] = kind
    if status == "failed":
        taken_out: dict[str, Any] = {**booked, "id": "txn_out", "amount": -2_000, "type": "payment_failure_refund"}
        at_stripe.account.transactions["txn_out"] = taken_out

    assert kinds(await at_stripe.compare(20)) == expected


async def test_a_card_that_paid_for_a_debit_that_failed_is_no_duplicate(at_stripe: AtStripe) -> None:
    """On the same page, so of the same attempt: the card's is the fee, and nobody is told to give the money back."""
    bought = await at_stripe.buys(DECLINED)
    asked = {"payment_method": VISA, "return_url": "https://shop.example"}
    intents.confirm(at_stripe.account, str((await bought.payment()).reference), asked)
    charge = await at_stripe.charge_of(bought)
    booked = at_stripe.account.transactions[charge["balance_transaction"]]
    debit = {**charge, "id": "py_debit", "status": "failed", "paid": False, "balance_transaction": "txn_debit"}
    asked_for = {**booked, "id": "txn_debit", "source": "py_debit", "type": "payment", "fee": 35}
    taken_out = {**asked_for, "id": "txn_out", "type": "payment_failure_refund", "amount": -2_000, "fee": 0}
    at_stripe.account.charges["py_debit"] = debit
    at_stripe.account.transactions["txn_debit"] = {**asked_for, "created": booked["created"] - 5}
    at_stripe.account.transactions["txn_out"] = {**taken_out, "created": booked["created"] - 3}
    await at_stripe.told()
    found = await at_stripe.compare()

    assert await bought.stands() == ("processing", "paid", "succeeded")
    assert kinds(found) == []
    assert found.fees == (Money(booked["fee"], "USD"),)


async def test_what_was_let_go_of_a_capture_is_no_refund(at_stripe: AtStripe) -> None:
    """Stripe lists the whole of a charge, and the rest of it as given back."""
    bought = await at_stripe.buys()
    booked = at_stripe.account.transactions[(await at_stripe.charge_of(bought))["balance_transaction"]]
    rest = {
        **booked,
        "id": "txn_rest",
        "amount": -500,
        "type": "refund",
        "reporting_category": "partial_capture_reversal",
    }
    at_stripe.account.transactions["txn_rest"] = rest

    assert kinds(await at_stripe.compare()) == []


async def test_a_dispute_of_a_second_charge_takes_nothing_of_the_order(at_stripe: AtStripe) -> None:
    """That money is on its way back anyway: what was paid can still be given back, all of it."""
    bought = await at_stripe.buys(DECLINED)
    first = str((await bought.payment()).reference)
    choice = PaymentChoice(gateway="stripe", method=VISA)
    await at_stripe.story.as_(bought.guest).checkout.retry_payment(order_id=bought.id, choice=choice, key="again")
    asked = {"payment_method": VISA, "return_url": "https://shop.example"}
    stripe_intent = at_stripe.account.intents[first]
    stripe_intent["status"] = "requires_payment_method"
    intents.confirm(at_stripe.account, first, asked)
    payment = await bought.payment()
    await at_stripe.story.staff.payments.confirm_charges(payment_id=payment.id)
    twice = await bought.payment()
    disputed = Dispute(id="dp_1", state=DisputeState.OPEN, amount=Money(2_000, "USD"))
    await at_stripe.story.shop._cases.payments.take_in_news(
        SYSTEM, payment_id=payment.id, dispute=disputed, attempt=twice.charges[1].number
    )
    refunded = await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")

    assert len(twice.charges) == 2
    assert refunded.refunds[-1].amount == Money(2_000, "USD")
