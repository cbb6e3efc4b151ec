"""Each thing that can be wrong between Stripe and the books is done once, and found; what is safe is mended."""

import os
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.reconciliation.conftest import DECLINED, VISA, AtStripe

from shopcore.kernel.actor import Guest
from shopcore.kernel.errors import InvalidInput, Unauthenticated
from shopcore.kernel.money import Money
from shopcore.payments.model import Account, Kind, Reconciliation
from shopcore.testing.stripe_double import Fault, intents, money

pytestmark = pytest.mark.anyio

ORDERS = int(os.environ.get("SHOP_RECONCILED_ORDERS", "25"))
"""1,000 for the full run; see docs/how-to/reconcile.md."""


def kinds(run: Reconciliation) -> list[Kind]:
    """What was found."""
    return [one.kind for one in run.differences]


@pytest.mark.timeout(60 + 2 * ORDERS)
async def test_a_clean_shop_gives_none_and_its_books_equal_the_balance(at_stripe: AtStripe) -> None:
    """Bought, declined, refunded in part and whole, cancelled: to the cent, fees included, also the second time."""
    for number in range(ORDERS):
        is_declined = number % 7 == 3
        bought = await at_stripe.buys(DECLINED if is_declined else VISA)
        if number % 5 == 1 and not is_declined:
            amount = Money(500, "USD") if number % 2 else None
            await at_stripe.story.staff.orders.refund(order_id=bought.id, amount=amount, reason="damaged")
        if number % 11 == 2:
            await bought.cancel()
        await at_stripe.story.passes(20)
    first, second = await at_stripe.compare(), await at_stripe.compare()

    moved = at_stripe.account.transactions.values()
    assert (kinds(first), kinds(second)) == ([], [])
    assert first.compared == second.compared == len(moved)
    assert first.fees == (Money(sum(one["fee"] for one in moved), "USD"),)
    assert second.fees == ()
    assert await at_stripe.story.balance(Account.CLEARING) == sum(one["net"] for one in moved)
    assert await at_stripe.story.balance(Account.FEE) == sum(one["fee"] for one in moved)
    assert not await at_stripe.story.jobs("dead")


async def test_money_that_the_shop_never_heard_of_is_taken_in(at_stripe: AtStripe) -> None:
    """Declined, and paid on the page that was still open; every webhook is lost. The order is paid in the end."""
    bought = await at_stripe.buys(DECLINED)
    reference = (await bought.payment()).reference
    intents.confirm(at_stripe.account, str(reference), {"payment_method": VISA, "return_url": "https://shop.example"})
    found = await at_stripe.compare(20)
    await at_stripe.story.settles()
    after = await at_stripe.compare(0)

    (one,) = found.differences
    assert (one.kind, one.theirs, one.repairs) == (Kind.MISSING, Money(2000, "USD"), True)
    assert kinds(after) == []
    assert await bought.stands() == ("processing", "paid", "succeeded")


async def test_a_refund_that_was_made_at_stripe_is_taken_in(at_stripe: AtStripe) -> None:
    """Into the order, whose customer can be given no more than the rest, and into the books; once."""
    bought = await at_stripe.buys()
    money.refund(at_stripe.account, {"payment_intent": (await bought.payment()).reference, "amount": 700})
    found = await at_stripe.compare()
    again = await at_stripe.story.staff.reconciliations.reconcile()
    await at_stripe.story.settles()

    (one,) = found.differences
    order = await bought.order()
    assert (one.kind, one.theirs, one.repairs) == (Kind.REFUND_ELSEWHERE, Money(-700, "USD"), True)
    assert (kinds(again), kinds(await at_stripe.compare(0))) == ([Kind.REFUND_ELSEWHERE], [])
    assert [(refund.amount, refund.status) for refund in order.refunds] == [(Money(700, "USD"), "done")]
    assert order.payment_status == "partially_refunded"
    assert await at_stripe.story.balance(Account.REFUND) == 700


async def test_what_the_books_alone_have_is_for_a_person(at_stripe: AtStripe) -> None:
    """A paid order of which Stripe knows nothing: such as a restored backup of another account."""
    bought = await at_stripe.buys()
    charge = await at_stripe.charge_of(bought)
    at_stripe.account.transactions.pop(charge["balance_transaction"])
    at_stripe.account.charges[charge["id"]]["balance_transaction"] = None
    (one,) = (await at_stripe.compare()).differences

    assert (one.kind, one.ours, one.order_id, one.repairs) == (Kind.EXTRA, Money(2000, "USD"), bought.id, False)
    assert "ship" in one.proposal


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"amount_captured": 1500}, Kind.AMOUNT), ({"currency": "eur"}, Kind.CURRENCY)],
)
async def test_another_amount_or_currency_is_for_a_person(
    at_stripe: AtStripe, change: dict[str, Any], kind: Kind
) -> None:
    bought = await at_stripe.buys()
    charge = await at_stripe.charge_of(bought)
    at_stripe.account.charges[charge["id"]] |= change
    (one,) = (await at_stripe.compare()).differences

    assert (one.kind, one.ours, one.repairs) == (kind, Money(2000, "USD"), False)


async def test_a_second_charge_of_one_attempt_is_for_a_person(at_stripe: AtStripe) -> None:
    """Two intents with the marks of the same attempt, both paid."""
    bought = await at_stripe.buys()
    first = at_stripe.account.intents[(await bought.payment()).reference]
    asked = {"amount": "2000", "currency": "usd", "metadata": first["metadata"], "payment_method": VISA}
    second = intents.create(at_stripe.account, {**asked, "confirm": "true", "return_url": "https://shop.example"})
    (one,) = (await at_stripe.compare()).differences

    assert (one.kind, one.charge, one.repairs) == (Kind.DUPLICATE, second["id"], False)


async def test_money_of_nobody_here_is_told(at_stripe: AtStripe) -> None:
    """Charged by somebody else, or marked by another shop."""
    asked = {"amount": "900", "currency": "usd", "payment_method": VISA, "confirm": "true", "return_url": "https://a.b"}
    intents.create(at_stripe.account, asked)
    intents.create(at_stripe.account, {**asked, "metadata": {"shop_key": "unknown:1"}})
    run = await at_stripe.compare()

    assert kinds(run) == [Kind.FOREIGN, Kind.FOREIGN]
    assert sorted(one.is_marked for one in run.differences) == [False, True]
    assert [(one.count, one.is_marked) for one in run.told_once] == [(1, False), (1, True)]
    assert run.repaired == 0


async def test_another_fee_is_corrected(at_stripe: AtStripe) -> None:
    """By an entry of its own: the first one stays."""
    bought = await at_stripe.buys()
    charge = await at_stripe.charge_of(bought)
    await at_stripe.compare()
    at_stripe.account.transactions[charge["balance_transaction"]]["fee"] += 17
    (one,) = (await at_stripe.compare(0)).differences

    assert (one.kind, one.theirs, one.ours, one.repairs) == (Kind.FEE, Money(105, "USD"), Money(88, "USD"), True)
    assert await at_stripe.story.balance(Account.FEE) == 105
    assert kinds(await at_stripe.compare(0)) == []


async def test_what_is_still_on_its_way_is_no_difference(at_stripe: AtStripe) -> None:
    """A minute after the bank took it, and a refund that takes its days."""
    bought = await at_stripe.buys(DECLINED)
    reference = (await bought.payment()).reference
    asked = {"payment_method": "pm_card_pendingRefund", "return_url": "https://shop.example"}
    intents.confirm(at_stripe.account, str(reference), asked)
    early = await at_stripe.compare(1)
    await at_stripe.compare(20)
    await at_stripe.story.settles()
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    (late, *_) = [await at_stripe.compare(60), await at_stripe.compare(60)]

    assert (kinds(early), kinds(late)) == ([], [])


async def test_what_arrived_long_after_it_was_taken_is_matched_beyond_the_window(at_stripe: AtStripe) -> None:
    """The shop hears on the fifth day of money of the first: neither missing nor extra."""
    bought = await at_stripe.buys(DECLINED)
    payment = await bought.payment()
    asked = {"payment_method": VISA, "return_url": "https://shop.example"}
    intents.confirm(at_stripe.account, str(payment.reference), asked)
    await at_stripe.story.clock.advance(timedelta(days=5).total_seconds())
    await at_stripe.story.staff.payments.confirm_charges(payment_id=payment.id)

    assert kinds(await at_stripe.compare()) == []


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.HALF_AN_ANSWER])
async def test_a_gateway_that_does_not_answer_is_named(at_stripe: AtStripe, fault: Fault) -> None:
    """Nothing is said of it, staff are told, and nothing is lost: the next run begins where the last one has ended,
    also weeks later.
    """
    await at_stripe.compare()
    bought = await at_stripe.buys()
    charge = await at_stripe.charge_of(bought)
    at_stripe.account.charges[charge["id"]]["amount_captured"] = 1_500
    at_stripe.party.double.faults.plan(fault, times=None)
    run = await at_stripe.compare()
    await at_stripe.story.settles()
    mails = await at_stripe.story.mails("open-differences")
    at_stripe.party.double.faults.end()
    at_stripe.party.rested()
    at_stripe.story.with_gateway(at_stripe.party.gateway())
    await at_stripe.story.clock.advance(timedelta(days=30).total_seconds())
    after = await at_stripe.story.staff.reconciliations.reconcile()

    assert (run.unreached, run.found, run.compared) == (("stripe",), 0, 0)
    assert len(mails) == 1
    assert "stripe: unreached" in mails[0]
    assert kinds(after) == [Kind.AMOUNT]
    assert after.since < run.until


async def test_staff_ask_for_it_and_a_worker_makes_it(at_stripe: AtStripe) -> None:
    """Over as many days as they want, told in the audit log; it waits until it is done, and is done once."""
    await at_stripe.buys()
    await at_stripe.story.passes(3600)
    acts = at_stripe.story.staff.reconciliations
    asked = await acts.request(window=timedelta(days=30))
    waiting = await acts.show(run_id=asked.id)
    await at_stripe.story.passes(1)
    done = await acts.show(run_id=asked.id)
    (entry, *_) = (await at_stripe.story.staff.audit.list(limit=1)).items

    assert (waiting.finished_at, done.until - done.since, done.compared) == (None, timedelta(days=30), 1)
    assert await acts.reconcile(run_id=asked.id) == done
    assert (entry.action, entry.subject) == ("payments.reconcile", asked.id)
    assert asked.id in [run.id for run in (await acts.list()).items]


async def test_a_day_later_it_was_made_by_itself(at_stripe: AtStripe) -> None:
    """By the clock, once a day."""
    await at_stripe.buys()
    for _ in range(3):
        await at_stripe.story.passes(24 * 3600)

    assert len((await at_stripe.story.staff.reconciliations.list()).items) in {3, 4}


async def test_it_is_for_staff(at_stripe: AtStripe) -> None:
    """And no further back than a year."""
    for act in (at_stripe.story.as_(Guest()).reconciliations,):
        with pytest.raises(Unauthenticated):
            await act.request()
        with pytest.raises(Unauthenticated):
            await act.reconcile()
        with pytest.raises(Unauthenticated):
            await act.list()
    with pytest.raises(InvalidInput):
        await at_stripe.story.staff.reconciliations.request(window=timedelta(days=367))
