"""Money that Stripe does not give back: asked for again as long as it may go, and loud when it does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.reconciliation.conftest import AtStripe

from shopcore.kernel.actor import Guest, SignIn, Staff, StepUpRequired
from shopcore.kernel.errors import Unauthenticated
from shopcore.kernel.ids import OrderId, RefundId, SessionId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund
from shopcore.payments.errors import PaymentNotFound
from shopcore.payments.model import Account
from shopcore.testing.stripe_double import money

pytestmark = pytest.mark.anyio

LONG_AGO = SignIn(session_id=SessionId("one"), at=datetime(2020, 1, 1, tzinfo=UTC))
PENDING = "pm_card_pendingRefund"
DAY = 86_400.0


async def refunds(at_stripe: AtStripe, order_id: OrderId) -> list[Any]:
    """As they stand."""
    return list((await at_stripe.story.staff.orders.show(order_id=order_id)).refunds)


async def waiting(at_stripe: AtStripe) -> list[OrderId]:
    """The orders that staff find when they look for money that did not go back."""
    return [order.id for order in (await at_stripe.story.staff.orders.list(refund_failed=True)).items]


async def test_staff_are_written_to_and_find_it_listed(refused: tuple[AtStripe, OrderId]) -> None:
    """Once, with the order, the sum and Stripe's reason; the refund keeps why and since when."""
    at_stripe, order_id = refused
    (failed,) = await refunds(at_stripe, order_id)
    (mail,) = await at_stripe.story.mails("failed-refund")
    number = (await at_stripe.story.staff.orders.show(order_id=order_id)).number

    assert (failed.status, failed.failure) == ("failed", "refund_disputed_payment")
    assert failed.failed_at is not None
    assert number in mail
    assert "refund_disputed_payment" in mail
    assert await waiting(at_stripe) == [order_id]


async def test_it_is_asked_for_again_and_gone_from_the_list(refused: tuple[AtStripe, OrderId]) -> None:
    """As another refund of the same sum, so that Stripe does not repeat its first answer; told in the audit log."""
    at_stripe, order_id = refused
    (failed,) = await refunds(at_stripe, order_id)
    again = await at_stripe.story.staff.orders.retry_refund(order_id=order_id, refund_id=failed.id)
    listed = await waiting(at_stripe)
    await at_stripe.story.settles()
    (entry, *_) = (await at_stripe.story.staff.audit.list(limit=1)).items

    (_, done) = await refunds(at_stripe, order_id)
    assert (again.refunds[-1].amount, again.refunds[-1].reason) == (failed.amount, failed.reason)
    assert (done.status, listed) == ("done", [])
    assert await at_stripe.story.balance(Account.CLEARING) == 0
    assert (entry.action, entry.after["instead_of"]) == ("order.refund", failed.id)


async def test_what_stripe_gave_all_the_same_is_done(refused: tuple[AtStripe, OrderId]) -> None:
    """It answered that it does not, and lists that it did: the same refund, which nobody can give a second time."""
    at_stripe, order_id = refused
    (failed,) = await refunds(at_stripe, order_id)
    (charge,) = [one for one in at_stripe.account.charges.values() if one["paid"]]
    marks = {"shop_refund": failed.id, "shop_key": f"{failed.payment_id}:1"}
    given = {"payment_intent": charge["payment_intent"], "amount": failed.amount.amount, "metadata": marks}
    money.refund(at_stripe.account, given)
    found = await at_stripe.compare()
    await at_stripe.story.settles()
    after = await at_stripe.compare()

    (done,) = await refunds(at_stripe, order_id)
    assert [(one.refund_id, one.repairs) for one in found.differences] == [(failed.id, True)]
    assert (done.id, done.status, done.failure) == (failed.id, "done", None)
    assert (after.differences, await waiting(at_stripe)) == ((), [])
    assert (await at_stripe.story.staff.orders.show(order_id=order_id)).payment_status == "refunded"
    assert await at_stripe.story.balance(Account.CLEARING) == -await at_stripe.story.balance(Account.FEE)
    assert not await at_stripe.story.jobs("dead")


async def test_it_is_asked_for_again_once_and_by_staff_who_have_just_signed_in(
    refused: tuple[AtStripe, OrderId],
) -> None:
    at_stripe, order_id = refused
    (failed,) = await refunds(at_stripe, order_id)
    clerk = Staff(name="clerk", permissions=frozenset({"orders:refund"}), sign_in=LONG_AGO)
    for actor, error in ((Guest(), Unauthenticated), (clerk, StepUpRequired)):
        with pytest.raises(error):
            await at_stripe.story.as_(actor).orders.retry_refund(order_id=order_id, refund_id=failed.id)
    acts = at_stripe.story.staff.orders
    await acts.retry_refund(order_id=order_id, refund_id=failed.id)
    with pytest.raises(NothingToRefund):
        await acts.retry_refund(order_id=order_id, refund_id=failed.id)
    with pytest.raises(PaymentNotFound):
        await acts.retry_refund(order_id=order_id, refund_id=RefundId("unknown"))
    await at_stripe.story.settles()

    assert [refund.status for refund in await refunds(at_stripe, order_id)] == ["failed", "done"]


async def test_what_comes_back_is_told_too(at_stripe: AtStripe) -> None:
    """The bank had taken it, days before."""
    bought = await at_stripe.buys()
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await at_stripe.story.settles()
    (given,) = at_stripe.account.refunds
    money.settle_refund(at_stripe.account, given, done=False)
    await at_stripe.told()
    (failed,) = await refunds(at_stripe, bought.id)

    assert failed.failure == "returned"
    assert len(await at_stripe.story.mails("failed-refund")) == 1
    assert await waiting(at_stripe) == [bought.id]


async def test_what_the_balance_does_not_cover_is_asked_for_during_days(at_stripe: AtStripe) -> None:
    """Stripe repeats its first answer for a day; then it is asked anew, and the balance has filled."""
    bought = await at_stripe.buys()
    at_stripe.account.refuses_refunds = "balance_insufficient"
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await at_stripe.story.settles()
    early = await refunds(at_stripe, bought.id)
    at_stripe.account.refuses_refunds = None
    for _ in range(3):
        await at_stripe.story.passes(DAY)

    assert [one.status for one in early] == ["requested"]
    assert [one.status for one in await refunds(at_stripe, bought.id)] == ["done"]
    assert await at_stripe.story.mails("failed-refund") == []


async def test_what_it_never_covers_fails_after_a_week_and_is_told(at_stripe: AtStripe) -> None:
    bought = await at_stripe.buys()
    at_stripe.account.refuses_refunds = "balance_insufficient"
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    for _ in range(10):
        await at_stripe.story.passes(DAY)

    assert [one.failure for one in await refunds(at_stripe, bought.id)] == ["balance_insufficient"]
    assert len(await at_stripe.story.mails("failed-refund")) == 1


async def test_what_is_on_its_way_for_weeks_arrives_in_the_books(at_stripe: AtStripe) -> None:
    """Nothing dies of it, it is asked about once a day at last, and no webhook is needed."""
    bought = await at_stripe.buys(PENDING)
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    for _ in range(20):
        await at_stripe.story.passes(DAY)
    asked = at_stripe.account.asked.count("GET /v1/refunds")
    (given,) = at_stripe.account.refunds
    money.settle_refund(at_stripe.account, given, done=True)
    await at_stripe.story.passes(DAY)

    assert [one.status for one in await refunds(at_stripe, bought.id)] == ["done"]
    assert not await at_stripe.story.jobs("dead")
    assert asked < 60
    assert await at_stripe.story.balance(Account.REFUND) == 2_000


@pytest.mark.parametrize(("done", "status"), [(True, "done"), (False, "failed")])
async def test_a_webhook_settles_what_is_on_its_way(at_stripe: AtStripe, done: bool, status: str) -> None:
    """At once, not when its job would ask the next time."""
    bought = await at_stripe.buys(PENDING)
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await at_stripe.story.passes(5 * DAY)
    await at_stripe.story.passes(60)
    (given,) = at_stripe.account.refunds
    money.settle_refund(at_stripe.account, given, done=done)
    await at_stripe.told()

    assert [one.status for one in await refunds(at_stripe, bought.id)] == [status]
    assert len(await at_stripe.story.mails("failed-refund")) == (0 if done else 1)


async def test_a_key_of_another_account_gives_nothing_up(at_stripe: AtStripe) -> None:
    """Stripe does not know the charge: that is no word about the money. With the right key it goes on."""
    bought = await at_stripe.buys()
    there = dict(at_stripe.account.intents)
    at_stripe.account.intents.clear()
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    await at_stripe.story.settles()
    meanwhile = await refunds(at_stripe, bought.id)
    at_stripe.account.intents.update(there)
    await at_stripe.story.passes(3600)

    assert [one.status for one in meanwhile] == ["requested"]
    assert [one.status for one in await refunds(at_stripe, bought.id)] == ["done"]


async def test_a_refund_is_found_among_hundreds_of_the_same_payment(at_stripe: AtStripe) -> None:
    """Made at Stripe by somebody else, cent by cent; ours is given once, key or no key."""
    bought = await at_stripe.buys()
    payment = await bought.payment()
    await at_stripe.story.staff.orders.refund(order_id=bought.id, reason="damaged")
    (ours,) = await refunds(at_stripe, bought.id)
    gateway = at_stripe.party.gateway()
    small = Money(100, "USD")
    await gateway.refund(payment, ours.id, small)
    for _ in range(105):
        money.refund(at_stripe.account, {"payment_intent": payment.reference, "amount": 1})
    await at_stripe.story.clock.advance(timedelta(days=2).total_seconds())
    again = await gateway.refund(payment, ours.id, small)

    assert again.done is True
    assert [one["amount"] for one in at_stripe.account.refunds.values()].count(100) == 1
