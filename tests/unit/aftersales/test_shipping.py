"""Goods leave for money that stays: not where all of it is promised back, whenever that goes through."""

import pytest
from tests.banks import DeadLine, Grudging
from tests.stories import PRICE, Story

from shopcore.kernel.money import Money
from shopcore.ordering.errors import NotPaid

pytestmark = pytest.mark.anyio


async def test_an_order_whose_money_is_on_its_way_back_is_not_shipped(story: Story) -> None:
    """The bank does not answer for now: the refund is asked for, and will be done."""
    await story.sell()
    bought = await story.buy()
    bank = DeadLine(story.place.bank.gateway)
    story.with_gateway(bank)
    await story.staff.orders.refund(order_id=bought.id, reason="changed their mind")
    await story.shop.work_off()
    with pytest.raises(NotPaid, match="being refunded"):
        await story.staff.orders.ship(order_id=bought.id)
    bank.down = False
    await story.settles()

    assert (await bought.order()).payment_status == "refunded"
    with pytest.raises(NotPaid):
        await story.staff.orders.ship(order_id=bought.id)


async def test_parts_that_come_to_all_of_it_count_together(story: Story) -> None:
    await story.sell()
    bought = await story.buy()
    await story.staff.orders.refund(order_id=bought.id, reason="late", amount=Money(500, "USD"))
    await story.settles()
    story.with_gateway(DeadLine(story.place.bank.gateway))
    await story.staff.orders.refund(order_id=bought.id, reason="late", amount=PRICE - Money(500, "USD"))

    with pytest.raises(NotPaid):
        await story.staff.orders.ship(order_id=bought.id)


async def test_an_order_of_whose_money_a_part_stays_is_shipped(story: Story) -> None:
    await story.sell()
    bought = await story.buy()
    await story.staff.orders.refund(order_id=bought.id, reason="late", amount=Money(500, "USD"))

    assert (await story.staff.orders.ship(order_id=bought.id)).status == "shipped"


async def test_an_order_whose_refund_was_refused_is_shipped(story: Story) -> None:
    """The money is there still."""
    await story.sell()
    bought = await story.buy()
    story.with_gateway(Grudging(story.place.bank.gateway))
    await story.staff.orders.refund(order_id=bought.id, reason="changed their mind")
    await story.settles()

    assert (await story.staff.orders.ship(order_id=bought.id)).status == "shipped"
