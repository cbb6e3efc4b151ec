"""Nobody stays charged twice: a bank that takes the money of an attempt which it had called failed gives it back."""

import pytest
from tests.banks import Bank, DeadLine, takes_after_all
from tests.stories import PRICE, Bought, Story, assert_one_purchase

from shopcore.kernel.actor import Guest, System
from shopcore.kernel.errors import Unauthenticated
from shopcore.kernel.jobs import NewJob
from shopcore.kernel.money import Money
from shopcore.payments.errors import PaymentUnderWay
from shopcore.payments.model import Account, Payment, PaymentState, Report

pytestmark = pytest.mark.anyio


async def taken(story: Story) -> int:
    """How often the bank took the money, whether or not it has given it back."""
    lines = await story.place.bank.gateway.charges()
    return sum(line.status in {"captured", "refunded"} for line in lines)


async def assert_charged_once_in_the_end(story: Story, bought: Bought, *, refunds: int) -> None:
    """One purchase, and each further charge given back, told in the order and balanced in the books."""
    await assert_one_purchase(story, bought)
    order = await bought.order()
    assert [(refund.amount, refund.status, refund.reason) for refund in order.refunds] == [
        (PRICE, "done", "charged a second time")
    ] * refunds
    assert await taken(story) == 1 + refunds
    assert await story.balance(Account.REFUND) == 0, "what was never owed is no refund of the sale"


async def test_the_first_attempt_takes_the_money_after_the_second_has_paid(story: Story) -> None:
    """Declined, paid with another card; then the first one comes through after all, and is told so three times."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("ok")
    for _ in range(3):
        await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
        await story.settles()

    await assert_charged_once_in_the_end(story, bought, refunds=1)
    first, second = await story.place.bank.gateway.charges()
    assert (first.status, second.status) == ("refunded", "captured")


async def test_a_second_charge_of_another_amount_goes_back_whole(story: Story) -> None:
    """Not what the order costs: what was taken."""
    await story.sell()
    bought, other = await story.buy("declined"), Money(700, "USD")
    await bought.pay_again("ok")
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1, amount=other)
    await story.settles()

    await assert_one_purchase(story, bought)
    assert [(refund.amount, refund.status) for refund in (await bought.order()).refunds] == [(other, "done")]


async def test_the_first_attempt_pays_while_the_second_waits_for_the_customer(story: Story) -> None:
    """The order is paid; the page that is still open is closed, so that nobody pays there."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("requires_action")
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.settles()

    await assert_charged_once_in_the_end(story, bought, refunds=0)
    assert [line.status for line in await story.place.bank.gateway.charges()] == ["captured", "failed"]


async def test_the_first_attempt_pays_and_the_customer_pays_the_second_as_well(story: Story) -> None:
    """Faster than the shop could close the page."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("requires_action")
    await bought.decide(approve=True)
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.settles()

    await assert_charged_once_in_the_end(story, bought, refunds=1)


async def test_the_first_attempt_pays_while_nobody_knows_what_became_of_the_second(story: Story) -> None:
    """Its answer was lost, and no webhook will ever come: it is asked about, and what it took goes back."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("lost_answer")
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.settles()

    await assert_charged_once_in_the_end(story, bought, refunds=1)


async def test_three_attempts_that_all_take_the_money(story: Story) -> None:
    """Two go back."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("declined", key="two")
    await bought.pay_again("ok", key="three")
    for attempt in (2, 1):
        await takes_after_all(story.place.bank.gateway, await bought.payment(), attempt)
    await story.settles()

    await assert_charged_once_in_the_end(story, bought, refunds=2)


async def test_a_second_charge_does_not_count_as_what_was_paid(story: Story) -> None:
    """The whole order can still be refunded, and no more than that."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("ok")
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.settles()
    assert (await bought.order()).payment_status == "paid"
    await story.staff.orders.refund(order_id=bought.id, reason="broken")
    await story.settles()

    assert (await bought.order()).payment_status == "refunded"
    assert await story.captured() == []
    assert await story.balance(Account.CLEARING) == 0
    assert await story.balance(Account.REFUND) == PRICE.amount


async def test_two_charges_for_an_ended_order_both_go_back(story: Story) -> None:
    """Whichever is heard of first."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("declined")
    await bought.cancel()
    for attempt in (1, 2):
        await takes_after_all(story.place.bank.gateway, await bought.payment(), attempt)
    await story.settles()

    assert await story.captured() == []
    assert await taken(story) == 2
    assert await story.balance(Account.CLEARING) == await story.balance(Account.RECEIVABLE) == 0
    assert await story.level() == (5, 0)


async def test_an_attempt_that_cannot_be_stopped_yet_is_asked_about_until_it_has_ended(story: Story) -> None:
    """The job is tried again; and while the bank does not answer at all, later."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("late_webhook")
    bank = Stubborn(story.place.bank.gateway, down=False)
    story.with_gateway(bank)
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.shop.work_off()
    assert await bought.stands() == ("processing", "paid", "succeeded")
    stop = story.shop._cases.payments.stop_attempt
    with pytest.raises(PaymentUnderWay):
        await stop(System(kind="stop_attempt"), payment_id=(await bought.payment()).id)
    with pytest.raises(Unauthenticated):
        await stop(Guest(), payment_id=(await bought.payment()).id)

    bank.stubborn = False
    await story.settles()
    assert await story.captured() == [PRICE.amount]
    await assert_one_purchase(story, bought)


async def test_a_job_of_before_stops_the_present_attempt(story: Story) -> None:
    """It does not say which: there was only that one to be stopped."""
    await story.sell()
    bought = await story.buy("declined")
    await bought.pay_again("requires_action")
    bank = Stubborn(story.place.bank.gateway, down=False)
    story.with_gateway(bank)
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.shop.work_off()
    bank.stubborn = False
    job = NewJob(kind="stop_attempt", payload={"payment_id": (await bought.payment()).id}, unique_key="of before")
    await story.place.store.unit_of_work(lambda: story.place.store.jobs.enqueue(job))
    await story.shop.work_off()

    assert (await bought.payment()).closed == (1, 2)
    assert [line.status for line in await story.place.bank.gateway.charges()] == ["captured", "failed"]


class Stubborn(DeadLine):
    """Cannot say for now that it has stopped."""

    stubborn = True

    async def cancel(self, payment: Payment) -> Report:
        """It is still processing."""
        if not self.stubborn:
            return await Bank.cancel(self, payment)
        return Report(
            payment_id=payment.id, attempt=payment.attempt, state=PaymentState.PROCESSING, amount=payment.amount
        )
