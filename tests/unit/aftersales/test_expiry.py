"""An order that nobody pays ends after its hour: the bank first, then the stock, the coupon and the order."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

import pytest
from tests.banks import Bank, DeadLine, Meddled, takes_after_all
from tests.crashes import Fuse
from tests.stories import PRICE, Story, assert_nothing_sold, assert_one_purchase, refusal

from shopcore.kernel.actor import Actor, Guest, Staff, System
from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import OrderId
from shopcore.ordering.model import cancel
from shopcore.payments.errors import PaymentUnderWay
from shopcore.payments.model import Account, Movement, Payment, PaymentState, Report

pytestmark = pytest.mark.anyio

HOUR = 3_600


@pytest.mark.parametrize(("method", "stopped"), [("declined", "failed"), ("requires_action", "voided")])
async def test_an_unpaid_order_ends_after_its_hour_and_not_before(story: Story, method: str, stopped: str) -> None:
    """Its stock is free again."""
    await story.sell()
    bought = await story.buy(method)
    await story.passes(HOUR - 1)
    assert (await bought.order()).status == "pending"
    assert await story.level() == (5, 1)

    await story.passes(6)
    await story.settles()
    assert (await bought.stands())[::2] == ("cancelled", stopped)
    assert (await bought.events())[-1] == "expired"
    await assert_nothing_sold(story)


async def test_the_bank_is_asked_before_the_order_ends(story: Story) -> None:
    """While it does not answer the order stays, and is ended once it does."""
    await story.sell()
    bank = DeadLine(story.place.bank.gateway, down=False)
    story.with_gateway(bank)
    bought = await story.buy("requires_action")
    bank.down = True
    await story.passes(HOUR)
    assert (await bought.order()).status == "pending"

    bank.down = False
    await story.settles()
    assert (await bought.order()).status == "cancelled"
    assert "cancel 1" in bank.asked
    await assert_nothing_sold(story)


async def test_a_customer_who_pays_in_the_last_moment_has_paid(story: Story) -> None:
    """The bank says so when it is asked to stop, before its webhook has arrived."""
    await story.sell()
    bought = await story.buy("requires_action")
    await story.clock.advance(HOUR)
    await bought.decide(approve=True)
    await story.settles()

    await assert_one_purchase(story, bought)


async def test_a_payment_that_is_processing_is_never_expired(story: Story) -> None:
    """However long it takes, as with a bank transfer; and when it is done, it has paid."""
    await story.sell()
    slow = Slow(story.place.bank.gateway)
    story.with_gateway(slow)
    bought = await story.buy("lost_answer")
    await story.passes(5 * HOUR)
    await story.passes(HOUR)
    assert await bought.stands() == ("pending", "unpaid", "processing")
    assert "cancel 1" not in slow.asked

    slow.slow = False
    await story.passes(HOUR)
    await story.passes(HOUR)  # it is asked about once an hour by then
    await assert_one_purchase(story, bought)


class Slow(Bank):
    """Does not come to an end, and so has moved nothing."""

    slow = True

    async def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """Nothing, until it has."""
        async for each in self.inner.movements(since, until):
            if not self.slow:
                yield each

    async def look_up(self, payment: Payment) -> Report | None:
        """What the bank knows, but for the end of it."""
        report = await self.inner.look_up(payment)
        if report is None or not self.slow:
            return report
        return Report(payment_id=report.payment_id, attempt=1, state=PaymentState.PROCESSING, amount=report.amount)


async def test_a_payment_that_the_bank_can_no_longer_stop_keeps_its_order(story: Story) -> None:
    """The customer has just said yes, and the bank is at it."""
    await story.sell()

    class AtIt(Bank):
        async def cancel(self, payment: Payment) -> Report:
            state = PaymentState.PROCESSING
            return Report(payment_id=payment.id, attempt=payment.attempt, state=state, amount=payment.amount)

    story.with_gateway(AtIt(story.place.bank.gateway))
    bought = await story.buy("requires_action")
    await story.passes(HOUR)
    assert (await bought.order()).status == "pending"

    await bought.decide(approve=True)
    await story.settles()
    await assert_one_purchase(story, bought)


async def test_an_order_that_is_tried_again_while_it_expires_does_not_end_unseen(story: Story) -> None:
    """The attempt that was stopped is not the one that is open by now: that one is stopped first."""
    await story.sell()
    bought = await story.buy("declined")
    bank = Meddled(story.place.bank.gateway, after_cancel=lambda: bought.pay_again("requires_action"))
    story.with_gateway(bank)
    await story.passes(HOUR)
    assert await bought.stands() == ("pending", "unpaid", "requires_action")

    await story.settles()
    assert (await bought.stands())[::2] == ("cancelled", "voided")
    assert {"cancel 1", "cancel 2"} <= set(bank.asked)
    await assert_nothing_sold(story)


@pytest.mark.parametrize("end", ["cancel", "expire"])
async def test_an_order_whose_money_was_let_go_does_not_end_under_another_try(story: Story, end: str) -> None:
    """There was nothing to stop when it was looked at; the attempt that was begun since is stopped before it ends."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.staff.payments.void(order_id=bought.id)
    await story.settles()
    await story.clock.advance(0 if end == "cancel" else 4 * 24 * HOUR)
    fuse = Fuse()
    fuse.at(1, lambda: bought.pay_again("requires_action"))
    shop = story.reopen(fuse)
    if end == "cancel":
        with pytest.raises(PaymentUnderWay):
            await bought.cancel()
    else:
        await shop._cases.upkeep.expire_order(System(kind="expire_order"), order_id=bought.id)
    assert await bought.stands() == ("pending", "unpaid", "requires_action")

    if end == "cancel":
        await bought.cancel()
    else:
        await story.passes(4 * 24 * HOUR)
    await story.settles()
    assert (await bought.stands())[::2] == ("cancelled", "voided")
    await assert_nothing_sold(story)


async def test_an_attempt_that_waits_for_its_payer_is_stopped_once_its_order_has_ended(story: Story) -> None:
    """However it came to that: whoever looks it up finds that nobody is to pay there."""
    await story.sell()
    bought = await story.buy("requires_action")
    orders, now = story.place.store.orders, story.clock.now()
    await story.place.store.unit_of_work(lambda: orders.update(bought.id, lambda held: cancel(held, now, "guest")))
    await story.passes(2 * HOUR)
    await story.settles()

    assert (await bought.stands())[::2] == ("cancelled", "voided")
    assert [line.status for line in await story.place.bank.gateway.charges()] == ["failed"]


async def test_an_order_that_is_paid_while_it_expires_does_not_end(story: Story) -> None:
    """The other attempt took the money between the bank's answer and the end."""
    await story.sell()
    bought = await story.buy("declined")
    story.with_gateway(Meddled(story.place.bank.gateway, after_cancel=lambda: bought.pay_again("ok")))
    await story.passes(HOUR)
    await story.settles()

    await assert_one_purchase(story, bought)


async def test_an_ended_order_cannot_be_paid(story: Story) -> None:
    """Another try is refused, under the same key in the same words."""
    await story.sell()
    bought = await story.buy("declined")
    await story.passes(HOUR)

    assert refusal(await bought.pay_again("ok")) == refusal(await bought.pay_again("ok")) == ("transition_refused", [])
    await assert_nothing_sold(story)


async def test_an_order_that_ends_while_another_try_begins_is_not_charged(story: Story) -> None:
    """The try was written down, then the order ended: the bank was told first, and refuses to begin."""
    await story.sell()
    bought = await story.buy("declined")
    await story.clock.advance(HOUR)

    class Late(Bank):
        async def begin(self, payment: Payment) -> Report:
            await story.shop.work_off()
            return await self.inner.begin(payment)

    story.with_gateway(Late(story.place.bank.gateway))
    reply = await bought.pay_again("ok")
    assert story.bought(reply).first.order.status == "cancelled"
    await story.settles()
    await assert_nothing_sold(story)


async def test_money_for_an_ended_order_goes_back_by_itself(story: Story) -> None:
    """A bank that takes it all the same, after it has said that it would not: taken, booked, and given back."""
    await story.sell()
    bought = await story.buy("declined")
    await story.passes(HOUR)
    await takes_after_all(story.place.bank.gateway, await bought.payment(), 1)
    await story.settles()

    order = await bought.order()
    assert (order.status, order.payment_status) == ("cancelled", "refunded")
    assert await bought.events() == [
        "placed", "payment_failed", "expired", "refund_requested", "refunded",
    ]  # fmt: skip
    await assert_nothing_sold(story)
    assert await story.balance(Account.REFUND) == PRICE.amount
    assert not await story.mails("order-confirmation")


@pytest.mark.parametrize("act", ["expire_order", "sweep_overdue"])
async def test_only_the_shop_itself_and_who_may_can_end_orders(story: Story, act: str) -> None:
    """Nobody else is told more than that."""
    cases = story.shop._cases.upkeep
    calls: dict[str, Callable[[Actor], Awaitable[object]]] = {
        "expire_order": lambda actor: cases.expire_order(actor, order_id=OrderId("any")),
        "sweep_overdue": cases.sweep_overdue,
    }
    with pytest.raises(Unauthenticated):
        await calls[act](Guest())
    with pytest.raises(Forbidden):
        await calls[act](Staff(name="reader", permissions=frozenset({"orders:read"})))
    assert await cases.sweep_overdue(System(kind="sweep")) == 0
