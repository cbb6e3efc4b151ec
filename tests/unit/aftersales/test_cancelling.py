"""Cancelling: the bank first, then the order; by whoever may, as often as they like, and only until it ships."""

import asyncio

import pytest
from tests.banks import Bank, DeadLine, Meddled, Unstoppable, takes_after_all
from tests.stories import PRICE, Story, assert_nothing_sold, assert_one_purchase

from shopcore.kernel.actor import Actor, Customer, Guest, Integration, Staff
from shopcore.kernel.errors import Forbidden, InvalidInput
from shopcore.kernel.ids import CustomerId, OrderId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import OrderNotFound, TransitionRefused
from shopcore.payments.errors import GatewayUnavailable, PaymentUnderWay
from shopcore.payments.model import Account

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("method", ["declined", "requires_action", "late_webhook", "reordered_webhooks"])
async def test_an_unpaid_order_is_cancelled_and_never_charged(story: Story, method: str) -> None:
    """Whatever the bank would have said later; its stock is free again."""
    await story.sell()
    bought = await story.buy(method)
    cancelled = await bought.cancel("ordered twice")
    assert (cancelled.status, cancelled.timeline[-1].event, cancelled.timeline[-1].note) == (
        "cancelled",
        "cancelled",
        "ordered twice",
    )

    await story.settles()
    await assert_nothing_sold(story)
    assert not await story.mails("order-confirmation")
    assert not cancelled.refunds


@pytest.mark.parametrize("method", ["ok", "lost_answer"])
async def test_a_paid_order_is_cancelled_and_its_money_goes_back(story: Story, method: str) -> None:
    """Also where the shop learns that it is paid only when it asks the bank to stop. What its buyer said of it stands
    in the order's timeline, from which it goes with them, and not in the books.
    """
    await story.sell()
    bought = await story.buy(method)
    await bought.cancel("I am in hospital")
    await story.settles()

    order = await bought.order()
    assert (order.status, order.payment_status) == ("cancelled", "refunded")
    assert [(refund.amount, refund.status, refund.reason) for refund in order.refunds] == [(PRICE, "done", "cancelled")]
    await assert_nothing_sold(story)
    assert await story.balance(Account.REFUND) == PRICE.amount
    assert len(await story.mails("order-confirmation")) == 1, "it was paid, and its customer was told so"


async def test_cancelling_twice_is_cancelling_once(story: Story) -> None:
    """One after the other, ten at the same moment, or by somebody else while the bank is asked."""
    await story.sell()
    bought = await story.buy("requires_action")
    story.with_gateway(Meddled(story.place.bank.gateway, after_cancel=bought.cancel))
    await bought.cancel()
    await asyncio.gather(*(bought.cancel() for _ in range(10)))
    await story.settles()

    assert (await bought.events()).count("cancelled") == 1
    assert await bought.cancel("another reason") == await bought.order()
    await assert_nothing_sold(story)


async def test_a_paid_order_that_is_cancelled_twice_at_once_is_refunded_once(story: Story) -> None:
    """Ten at the same moment."""
    await story.sell()
    bought = await story.buy()
    await asyncio.gather(*(bought.cancel() for _ in range(10)))
    await story.settles()

    assert len((await bought.order()).refunds) == 1
    await assert_nothing_sold(story)


async def test_what_has_shipped_is_not_cancelled(story: Story) -> None:
    """Nor what has arrived."""
    await story.sell()
    bought = await story.buy()
    await story.staff.orders.ship(order_id=bought.id)
    with pytest.raises(TransitionRefused, match="an order that is shipped cannot be cancelled"):
        await bought.cancel()
    await story.staff.orders.deliver(order_id=bought.id)
    with pytest.raises(TransitionRefused, match="delivered"):
        await bought.cancel()
    await story.settles()
    await assert_one_delivery(story)


async def assert_one_delivery(story: Story) -> None:
    """The money stays, the goods are gone."""
    assert await story.captured() == [PRICE.amount]
    assert await story.level() == (4, 0)


async def test_a_payment_that_cannot_be_stopped_is_waited_for(story: Story) -> None:
    """Until it is settled the order can neither end nor be changed."""
    await story.sell()
    story.with_gateway(Unstoppable(story.place.bank.gateway))
    bought = await story.buy("late_webhook")
    with pytest.raises(PaymentUnderWay):
        await bought.cancel()
    assert await bought.stands() == ("pending", "unpaid", "processing")

    await story.settles()
    await assert_one_purchase(story, bought)


async def test_while_the_bank_does_not_answer_nothing_is_cancelled(story: Story) -> None:
    """The customer is told to try again, and then it works."""
    await story.sell()
    bank = DeadLine(story.place.bank.gateway, down=False)
    story.with_gateway(bank)
    bought = await story.buy("requires_action")
    bank.down = True
    with pytest.raises(GatewayUnavailable):
        await bought.cancel()
    assert (await bought.order()).status == "pending"
    bank.down = False
    assert (await bought.cancel()).status == "cancelled"


async def test_a_webhook_that_is_faster_than_the_cancellation(story: Story) -> None:
    """The customer had paid a moment before: cancelled all the same, and the money goes back."""
    await story.sell()
    bought = await story.buy("requires_action")

    async def pays() -> None:
        await bought.decide(approve=True)
        await story.shop.work_off()

    story.with_gateway(Meddled(story.place.bank.gateway, before_cancel=pays))
    await bought.cancel()
    await story.settles()

    assert (await bought.stands())[:2] == ("cancelled", "refunded")
    await assert_nothing_sold(story)


async def test_an_order_that_is_tried_again_while_it_is_cancelled_is_not_cancelled_unseen(story: Story) -> None:
    """What was stopped is not what is open now: the customer is told, and cancels again."""
    await story.sell()
    bought = await story.buy("declined")
    again = lambda: bought.pay_again("requires_action")  # noqa: E731
    story.with_gateway(Meddled(story.place.bank.gateway, after_cancel=again))
    with pytest.raises(PaymentUnderWay):
        await bought.cancel()
    assert await bought.stands() == ("pending", "unpaid", "requires_action")

    await bought.cancel()
    await story.settles()
    assert (await bought.stands())[::2] == ("cancelled", "voided")
    await assert_nothing_sold(story)


async def test_a_failed_attempt_is_stopped_too(story: Story) -> None:
    """At some banks a declined page can still be paid; and what is taken then goes back."""
    await story.sell()
    bank = Bank(story.place.bank.gateway)
    story.with_gateway(bank)
    bought = await story.buy("declined")
    await bought.cancel()
    assert bank.asked == ["begin 1", "cancel 1"]

    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.settles()
    assert (await bought.stands())[:2] == ("cancelled", "refunded")
    await assert_nothing_sold(story)


async def test_what_was_given_back_already_is_not_given_back_again(story: Story) -> None:
    """A partly refunded order is cancelled: the rest goes back, and no more."""
    await story.sell()
    bought = await story.buy()
    await story.staff.orders.refund(order_id=bought.id, reason="a scratch", amount=Money(500, "USD"))
    await story.settles()
    await bought.cancel()
    await story.settles()

    order = await bought.order()
    assert [refund.amount.amount for refund in order.refunds] == [500, 1_500]
    assert order.payment_status == "refunded"
    await assert_nothing_sold(story)


async def test_a_whole_refund_and_then_the_end(story: Story) -> None:
    """Nothing is left to give back; the goods go back all the same."""
    await story.sell()
    bought = await story.buy()
    await story.staff.orders.refund(order_id=bought.id, reason="a gift")
    await bought.cancel()
    await story.settles()

    assert len((await bought.order()).refunds) == 1
    await assert_nothing_sold(story)


@pytest.mark.parametrize(
    "stranger",
    [
        Guest(),
        Guest(order_token="made up"),
        Guest(cart_token="a cart's"),
        Customer(customer_id=CustomerId("somebody")),
    ],
    ids=repr,
)
async def test_a_stranger_is_told_that_there_is_no_such_order(story: Story, stranger: Actor) -> None:
    """In the same words as of one that is not there."""
    await story.sell()
    bought = await story.buy()
    for order_id in (bought.id, OrderId("none")):
        with pytest.raises(OrderNotFound) as refused:
            await story.as_(stranger).orders.cancel(order_id=order_id)
        assert refused.value.detail == "there is no such order"


@pytest.mark.parametrize("kind", [Staff, Integration])
async def test_who_may_only_look_does_not_cancel(story: Story, kind: type[Staff]) -> None:
    """A key of another system no more than somebody of staff; with the permission both do, and it is logged."""
    await story.sell()
    bought = await story.buy()
    with pytest.raises(Forbidden):
        await story.as_(kind(name="reader", permissions=frozenset({"orders:read"}))).orders.cancel(order_id=bought.id)

    await story.as_(kind(name="writer", permissions=frozenset({"orders:write"}))).orders.cancel(order_id=bought.id)
    entry = (await story.staff.audit.list(limit=1)).items[0]
    assert (entry.action, entry.subject) == ("order.cancel", bought.id)
    assert (entry.before, entry.after) == ({"status": "processing"}, {"status": "cancelled"})


async def test_a_reason_has_an_end(story: Story) -> None:
    """It is for people to read."""
    await story.sell()
    bought = await story.buy()
    with pytest.raises(InvalidInput, match="reason"):
        await bought.cancel("x" * 501)
    assert (await bought.cancel("x" * 500)).status == "cancelled"
