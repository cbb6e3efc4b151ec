"""Goods that come back with refunds: each unit is put on the shelf once, whatever becomes of the money."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted import caught
from tests.stories import Story
from tests.unit.aftersales.test_disputes import later_news

from shopcore.aftersales.model.refunds import WantedLine, check_restock
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import PaymentId, RefundId, Sku
from shopcore.kernel.money import Money
from shopcore.ordering.model import (
    Order,
    OrderStatus,
    Refund,
    RefundLine,
    RefundStatus,
    failed_refunds,
    request_refund,
    retry_refund,
    settle_refund,
    take_refund_back,
)
from shopcore.testing.strategies.ordering import BY, orders

Check: TypeAlias = Callable[[Order, Sequence[RefundLine]], None]
Wish: TypeAlias = tuple[list[int], bool, str]

WISHES = st.lists(
    st.tuples(
        st.lists(st.integers(0, 20), max_size=2),
        st.sampled_from([True, True, True, False]),
        st.sampled_from(["done", "failed", "returned", "returned and asked for again"]),
    ),
    min_size=1,
    max_size=6,
)


def puts_back_what_left(check: Check, sample: tuple[Order, list[Wish]]) -> None:
    """Refund after refund, of some lines or of all, each with an outcome; what was put back is counted by units."""
    order, wishes = sample
    bought = {line.sku: line.quantity for line in order.lines}
    shelf, all_back = Counter[Sku](), False
    for number, (units, restock, outcome) in enumerate(wishes):
        lines = tuple(
            RefundLine(variant_id=line.variant_id, sku=line.sku, quantity=min(wanted, line.quantity))
            for wanted, line in zip(units, order.lines, strict=False)
            if wanted
        )
        refund = _refund(f"refund-{number}", order, lines, restock=restock)
        try:
            if restock:
                check(order, lines)
        except InvalidInput:
            continue
        order, shelved = _carried_out(order, refund, outcome)
        if shelved and not lines:
            assert not shelf, "all of it, after some of it"
            all_back = True
        for line in lines if shelved else ():
            shelf[line.sku] += line.quantity
            assert not all_back, "some of it, after all of it"
            assert shelf[line.sku] <= bought[line.sku], "more came back than had left"


def _refund(name: str, order: Order, lines: tuple[RefundLine, ...], *, restock: bool) -> Refund:
    return Refund(
        id=RefundId(name),
        payment_id=PaymentId("payment"),
        amount=Money(1, order.totals.total.currency),
        reason="damaged",
        requested_at=order.placed_at + timedelta(days=1),
        restock=restock,
        lines=lines,
    )


def _carried_out(order: Order, refund: Refund, outcome: str) -> tuple[Order, bool]:
    """The order afterwards, and whether the goods were put back."""
    at, plenty = refund.requested_at, Money(1_000, refund.amount.currency)
    order = request_refund(order, refund, plenty, BY)
    order = settle_refund(order, refund.id, done=outcome != "failed", at=at)
    if outcome.startswith("returned"):
        order = take_refund_back(order, refund.id, at=at)
    if outcome.endswith("again") and failed_refunds(order):
        again = RefundId(f"{refund.id}-again")
        order = retry_refund(order, refund.id, again, paid=plenty, at=at, by=BY)
        assert not order.refunds[-1].restock
        order = settle_refund(order, again, done=True, at=at)
    return order, refund.restock and outcome != "failed"


def _has_each_once(order: Order) -> bool:
    return len({line.sku for line in order.lines}) == len(order.lines)


SAMPLES = st.tuples(orders(status=OrderStatus.DELIVERED).filter(_has_each_once), WISHES)


@given(SAMPLES)
def test_no_more_goods_come_back_than_have_left(sample: tuple[Order, list[Wish]]) -> None:
    """Also where the money of the first refund came back to the shop, and another was asked for by hand."""
    puts_back_what_left(check_restock, sample)


def _forgets_what_came_back(order: Order, lines: Sequence[RefundLine]) -> None:
    back = [one for one in order.refunds if one.restock and one.status is not RefundStatus.FAILED]
    if (lines and any(not one.lines for one in back)) or (not lines and any(one.lines for one in back)):
        raise InvalidInput.of("restock", "restocked", "must not be set")


def _looks_at_no_line(order: Order, lines: Sequence[RefundLine]) -> None:
    if any(one.restock and bool(one.lines) is not bool(lines) for one in order.refunds):
        raise InvalidInput.of("restock", "restocked", "must not be set")


@pytest.mark.parametrize("planted", [_forgets_what_came_back, _looks_at_no_line])
def test_planted_mistakes_are_noticed(planted: Check) -> None:
    caught(partial(puts_back_what_left, planted), SAMPLES)


@pytest.mark.anyio
async def test_goods_of_a_refund_whose_money_came_back_are_not_put_back_again(story: Story) -> None:
    """The money can go once more, the goods cannot; others of the same order can."""
    await story.sell()
    bought = await story.buy(quantity=3)
    await story.settles()
    await story.staff.orders.ship(order_id=bought.id)
    (line,) = (await bought.order()).lines
    two = [WantedLine(variant_id=line.variant_id, quantity=2)]
    one = [WantedLine(variant_id=line.variant_id, quantity=1)]
    asked = await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=two, restock=True)
    await story.settles()
    later, payment = later_news(story), await bought.payment()
    back = partial(later.refund, payment.id, asked.refunds[0].id, story.clock.now(), is_back=True)
    await story.place.store.unit_of_work(back)
    with pytest.raises(InvalidInput) as refused:
        await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=two, restock=True)
    await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=two)
    await story.staff.orders.refund(order_id=bought.id, reason="damaged", lines=one, restock=True)
    await story.settles()

    assert [error.code for error in refused.value.errors] == ["restocked"]
    assert await story.level() == (5, 0)
