"""A refund that was refused, and went back all the same, is asked about once more: never beyond what is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund
from shopcore.ordering.model import (
    Order,
    RefundStatus,
    refundable,
    reopen_refund,
    request_refund,
    settle_refund,
    take_refund_back,
)
from shopcore.testing.strategies.ordering import BY, orders, refunds

pytestmark = pytest.mark.core


@st.composite
def refused(draw: st.DrawFn) -> tuple[Order, RefundId]:
    """An order of which one refund was refused."""
    order = draw(orders().filter(lambda order: order.totals.total.amount > 0))
    total = order.totals.total
    refund = replace(draw(refunds(total.currency, most=total.amount)), attempt=None)
    asked = request_refund(order, replace(refund, amount=min(refund.amount, total)), total, BY)
    return settle_refund(asked, refund.id, done=False, at=order.placed_at, failure="refused"), refund.id


@given(refused())
def test_it_is_asked_for_under_its_own_id(example: tuple[Order, RefundId]) -> None:
    """Once, as it was, with one line more on the timeline; of what is left it is a part again."""
    order, name = example
    total, at = order.totals.total, order.placed_at
    again = reopen_refund(order, name, paid=total, at=at, by=BY)
    (asked,) = again.refunds

    assert asked == replace(order.refunds[0], status=RefundStatus.REQUESTED, failure=None, failed_at=None)
    assert refundable(again, total) == total - asked.amount
    assert [line.event for line in again.timeline[len(order.timeline) :]] == ["refund_requested"]
    assert reopen_refund(again, name, paid=total, at=at, by=BY) == again


@given(refused())
def test_it_is_refused_where_the_money_was_promised_again(example: tuple[Order, RefundId]) -> None:
    order, name = example
    total, at = order.totals.total, order.placed_at
    rest = replace(order.refunds[0], id=RefundId("again"), amount=total, status=RefundStatus.REQUESTED)
    promised = request_refund(order, rest, total, BY)

    with pytest.raises(NothingToRefund):
        reopen_refund(promised, name, paid=total, at=at, by=BY)


@given(refused())
def test_what_is_done_or_came_back_or_is_unknown_stays_as_it_is(example: tuple[Order, RefundId]) -> None:
    order, name = example
    total, at = order.totals.total, order.placed_at
    again = reopen_refund(order, name, paid=total, at=at, by=BY)
    done = settle_refund(again, name, done=True, at=at)
    back = take_refund_back(done, name, at=at)

    assert [reopen_refund(each, name, paid=total, at=at, by=BY) for each in (done, back)] == [done, back]
    assert reopen_refund(order, RefundId("unknown"), paid=Money.zero(total.currency), at=at, by=BY) == order
