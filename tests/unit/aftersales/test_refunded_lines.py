"""Lines that are refunded, and goods that come back."""

import msgspec
import pytest
from tests.banks import Grudging, Tens
from tests.stories import Story, assert_nothing_sold
from tests.unit.aftersales.refunding import carried_out, refund

from shopcore.aftersales.model.refunds import WantedLine
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import VariantId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund
from shopcore.payments.errors import AmountNotSupported
from shopcore.pricing.model import Coupon, CouponKind

pytestmark = pytest.mark.anyio


TENTH = Coupon(code="TENTH", kind=CouponKind.PERCENTAGE, basis_points=1_000)


async def test_a_share_that_the_gateway_cannot_give_back_is_said_at_once(story: Story) -> None:
    """Nothing is written down, and an amount that it can is given back for the same line."""
    story.with_gateway(Tens(story.place.bank.gateway))
    await story.sell(price=Money(1_005, "USD"))
    bought = await story.buy(quantity=2)
    (line,) = (await bought.order()).lines
    one = [WantedLine(variant_id=line.variant_id, quantity=1)]
    said = []
    for cents in (None, 1_004):
        with pytest.raises(AmountNotSupported) as refused:
            await refund(story, bought, cents, lines=one)
        said += [(error.field, "multiple of 0.10 USD" in error.message) for error in refused.value.errors]
    assert not (await bought.order()).refunds
    await refund(story, bought, 1_000, lines=one)
    await story.settles()

    assert said == [("lines", True), ("amount", True)]
    assert [(one.amount.amount, one.status) for one in (await bought.order()).refunds] == [(1_000, "done")]


async def test_goods_that_come_back_are_on_the_shelf_again(story: Story) -> None:
    """All of the order's, once, however many refunds say so."""
    await story.sell()
    bought = await story.buy(quantity=3)
    await story.settles()
    await story.staff.orders.ship(order_id=bought.id)
    assert await story.level() == (2, 0)
    for cents in (100, None):
        await refund(story, bought, cents, restock=True)
        await story.settles()
        assert await story.level() == (5, 0)


async def test_goods_come_back_before_the_shelf_knew_that_they_had_gone(story: Story) -> None:
    """Every job had to wait, and the refund's is done first: the level is right in the end, and no job is dead."""
    await story.sell()
    bought = await story.buy(quantity=3)
    await story.staff.orders.ship(order_id=bought.id)
    asked = await refund(story, bought, restock=True)
    await carried_out(story, bought, asked.refunds[0].id)
    assert await story.level() == (5, 0)
    for _ in range(30):
        await story.passes(600)

    await assert_nothing_sold(story)


async def test_goods_of_a_cancelled_order_do_not_come_back_twice(story: Story) -> None:
    """Cancelling has put them on the shelf; a refund that says so too changes nothing."""
    await story.sell()
    bought = await story.buy()
    story.with_gateway(Grudging(story.place.bank.gateway))
    await bought.cancel()
    await story.settles()
    assert await story.level() == (5, 0)

    story.with_gateway(story.place.bank.gateway)
    await refund(story, bought, restock=True)
    await story.settles()
    await assert_nothing_sold(story)


async def test_what_was_paid_for_a_line_goes_back_unit_by_unit(story: Story) -> None:
    """To the cent, however it is split; no unit twice; a refund that the bank refuses leaves its units."""
    await story.sell(price=Money(1_001, "USD"))
    await story.staff.pricing.put_coupon(TENTH)
    guest = await story.cart(quantity=3)
    await story.as_(guest).cart.apply_coupon(code=TENTH.code)
    bought = story.bought(await story.reply(guest))
    paid = (await bought.order()).totals.total
    (line,) = (await bought.order()).lines
    one = WantedLine(variant_id=line.variant_id, quantity=1)
    amounts = []
    for _ in range(3):
        order = await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=[one])
        amounts.append(order.refunds[-1].amount)
    with pytest.raises(InvalidInput) as refused:
        await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=[one])
    await story.settles()

    assert sum(amounts, Money.zero("USD")) == paid == Money(2_703, "USD")
    assert [(error.field, error.code) for error in refused.value.errors] == [("lines/0/quantity", "out_of_range")]
    assert (await bought.order()).payment_status == "refunded"


async def test_goods_come_back_line_by_line_or_all_at_once_never_both(story: Story) -> None:
    await story.sell()
    bought = await story.buy(quantity=3)
    await story.settles()
    await story.staff.orders.ship(order_id=bought.id)
    (line,) = (await bought.order()).lines
    two = WantedLine(variant_id=line.variant_id, quantity=2)
    await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=[two], restock=True)
    with pytest.raises(InvalidInput) as refused:
        await refund(story, bought, restock=True)
    await story.settles()

    assert [error.code for error in refused.value.errors] == ["lines_required"]
    assert await story.level() == (4, 0)


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ([WantedLine(variant_id=VariantId("none"), quantity=1)], "lines/0/variant_id"),
        ([WantedLine(variant_id=VariantId(""), quantity=0)], "lines/0/quantity"),
        ([WantedLine(variant_id=VariantId(""), quantity=-1)], "lines/0/quantity"),
        ([WantedLine(variant_id=VariantId(""), quantity=4)], "lines/0/quantity"),
        ([WantedLine(variant_id=VariantId(""), quantity=1)] * 2, "lines/1/variant_id"),
    ],
    ids=["strange", "none", "negative", "too many", "twice"],
)
async def test_lines_that_the_order_has_not_are_named(story: Story, wanted: list[WantedLine], named: str) -> None:
    """And nothing is written down."""
    await story.sell()
    bought = await story.buy(quantity=3)
    (line,) = (await bought.order()).lines
    asked = [one if one.variant_id else msgspec.structs.replace(one, variant_id=line.variant_id) for one in wanted]
    with pytest.raises(InvalidInput) as refused:
        await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=asked)

    assert [error.field for error in refused.value.errors] == [named]
    assert not (await bought.order()).refunds


async def test_a_line_goes_back_at_its_price_where_a_part_was_captured(story: Story) -> None:
    """What could not be sent was not captured; what is left is said to whoever asks for more."""
    await story.sell(price=Money(1_000, "USD"))
    bought = await story.buy("authorized", quantity=2)
    await story.settles()
    await story.staff.payments.capture(order_id=bought.id, amount=Money(1_500, "USD"))
    (line,) = (await bought.order()).lines
    one = [WantedLine(variant_id=line.variant_id, quantity=1)]
    order = await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=one)
    with pytest.raises(NothingToRefund, match=r": 5\.00 USD is left$"):
        await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=one)

    assert [refund.amount for refund in order.refunds] == [Money(1_000, "USD")]
