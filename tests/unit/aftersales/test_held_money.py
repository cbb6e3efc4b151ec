"""Money that is held before it is taken: the order goes on, and the money is taken or let go in time."""

import pytest
from tests.stories import PRICE, STOCK, Story, assert_nothing_sold, assert_one_purchase

from shopcore.kernel.actor import Staff
from shopcore.kernel.errors import Forbidden
from shopcore.ordering.errors import NotPaid
from shopcore.payments.errors import NothingHeld
from shopcore.payments.model import Account

pytestmark = pytest.mark.anyio

FIVE_DAYS = 5 * 24 * 3600.0


async def test_an_order_goes_on_while_its_money_is_held(story: Story) -> None:
    """Its goods are set aside and its customer hears of it; the ledger knows of no money, and nothing is shipped."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.settles()

    assert await bought.stands() == ("processing", "authorized", "authorized")
    assert await story.level() == (STOCK - 1, 0)
    assert len(await story.mails("order-confirmation")) == 1
    assert await story.captured() == []
    assert await story.balance(Account.CLEARING) == 0
    with pytest.raises(NotPaid):
        await story.staff.orders.ship(order_id=bought.id)


async def test_it_is_taken_when_staff_say_so_and_then_the_goods_leave(story: Story) -> None:
    """Once, however often they say it; the audit log knows who."""
    await story.sell()
    bought = await story.buy("authorized")
    for _ in range(2):
        await story.staff.payments.capture(order_id=bought.id)
    await story.settles()

    await assert_one_purchase(story, bought)
    assert (await bought.events()).count("paid") == 1
    assert (await story.staff.orders.ship(order_id=bought.id)).status == "shipped"
    acts = [entry.action for entry in (await story.staff.audit.list()).items]
    assert acts.count("payment.capture") == 1


async def test_it_is_taken_before_it_lapses(story: Story) -> None:
    """By itself, after four days."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.passes(FIVE_DAYS)
    await story.settles()

    await assert_one_purchase(story, bought)


async def test_it_is_let_go_with_its_order(story: Story) -> None:
    """Nothing was taken, so nothing is refunded, and later nothing is taken either."""
    await story.sell()
    bought = await story.buy("authorized")
    await story.settles()
    await bought.cancel()
    await story.passes(FIVE_DAYS)
    await story.settles()

    assert await bought.stands() == ("cancelled", "unpaid", "voided")
    assert (await bought.order()).refunds == ()
    await assert_nothing_sold(story)
    with pytest.raises(NothingHeld):
        await story.staff.payments.capture(order_id=bought.id)


async def test_it_is_refunded_once_it_is_taken(story: Story) -> None:
    await story.sell()
    bought = await story.buy("authorized")
    await story.staff.payments.capture(order_id=bought.id)
    await story.staff.orders.refund(order_id=bought.id, reason="broken", amount=PRICE)
    await story.settles()

    assert (await bought.stands())[1:] == ("refunded", "succeeded")


async def test_only_who_settles_payments_may_take_it(story: Story) -> None:
    await story.sell()
    bought = await story.buy("authorized")

    with pytest.raises(Forbidden):
        await story.as_(Staff(name="ann", permissions=frozenset({"orders:write"}))).payments.capture(order_id=bought.id)
