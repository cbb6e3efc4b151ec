"""An order lives by its table, never gives back more than it took, and forgets nothing that happened."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.kernel.ids import OrderId, RefundId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund, TransitionRefused
from shopcore.ordering.model import (
    TRANSITIONS,
    Act,
    Order,
    OrderStatus,
    PaymentStatus,
    Refund,
    RefundStatus,
    allowed_acts,
    book,
    note,
    number_of,
    refundable,
    request_refund,
    settle_refund,
)
from shopcore.testing.strategies.kernel import ids
from shopcore.testing.strategies.ordering import ACTS, BY, orders, placed_orders, refunds

pytestmark = pytest.mark.core

Step: TypeAlias = Callable[[Order, datetime], Order]
RequestRefund: TypeAlias = Callable[[Order, Refund, Money, str], Order]
Numbering: TypeAlias = Callable[[OrderId, int], str]


def refused(step: Step, order: Order, at: datetime) -> TransitionRefused | None:
    """The refusal, if it is one."""
    try:
        step(order, at)
    except TransitionRefused as refusal:
        return refusal
    return None


def lives_by_the_table(step: Step, act: Act, order: Order) -> None:
    """The act does what the table says, with one line more on the timeline, or is refused by name."""
    at = order.placed_at + timedelta(hours=1)
    wanted = TRANSITIONS.get((order.status, act))
    if wanted is None:
        refusal = refused(step, order, at)
        assert refusal is not None
        assert (refusal.act, refusal.status) == (act, order.status)
        return

    after = step(order, at)
    assert after.status is wanted
    assert after.timeline[:-1] == order.timeline
    assert (after.timeline[-1].at, after.timeline[-1].by) == (at, BY)
    assert (after.lines, after.totals, after.refunds) == (order.lines, order.totals, order.refunds)


@pytest.mark.parametrize("act", Act)
@given(orders())
def test_every_act_does_what_the_table_says(act: Act, order: Order) -> None:
    """From every state."""
    lives_by_the_table(ACTS[act], act, order)


@pytest.mark.parametrize("status", OrderStatus)
@given(st.data())
def test_every_state_can_be_reached(status: OrderStatus, data: st.DataObject) -> None:
    """The table has no state that nothing leads to."""
    assert data.draw(orders(status=status)).status is status


def test_the_ends_are_ends() -> None:
    """Nothing leads out of delivered and cancelled; everything else goes on."""
    assert {status for status in OrderStatus if not allowed_acts(status)} == {
        OrderStatus.DELIVERED,
        OrderStatus.CANCELLED,
    }


@pytest.mark.parametrize(
    ("act", "planted"),
    [
        (Act.CANCEL, lambda order, at: note(replace(order, status=OrderStatus.CANCELLED), "cancelled", at=at, by=BY)),
        (Act.PAY, lambda order, at: replace(ACTS[Act.PAY](order, at), timeline=order.timeline)),
        (Act.SHIP, lambda order, at: replace(ACTS[Act.SHIP](order, at), status=OrderStatus.DELIVERED)),
    ],
    ids=["a shipped order is cancelled", "a payment nobody reads of", "delivered as soon as shipped"],
)
def test_wrong_steps_are_noticed(act: Act, planted: Step) -> None:
    caught(lambda order: lives_by_the_table(planted, act, order), orders())


@st.composite
def orders_with_refunds(draw: st.DrawFn) -> tuple[Order, list[Refund]]:
    """A paid order, and refunds that somebody asks for: some too much, some twice."""
    order = draw(orders(status=OrderStatus.PROCESSING))
    total = order.totals.total
    asked = draw(st.lists(refunds(total.currency, most=max(total.amount, 1)), max_size=6))
    return order, asked + draw(st.lists(st.sampled_from(asked), max_size=3) if asked else st.just([]))


def gives_back_no_more(request: RequestRefund, example: tuple[Order, list[Refund]]) -> None:
    """What is promised never exceeds what was paid; what is refused changes nothing."""
    order, asked = example
    paid = order.totals.total
    for refund in asked:
        left = refundable(order, paid)
        try:
            after = request(order, refund, paid, BY)
        except NothingToRefund:
            assert refund.amount.amount > left.amount
            continue
        known = refund.id in {one.id for one in order.refunds}
        assert after == order or not known
        assert refundable(after, paid) == (left if known else left - refund.amount)
        order = after
        assert 0 <= refundable(order, paid).amount <= paid.amount


@given(orders_with_refunds())
def test_no_more_goes_back_than_came(example: tuple[Order, list[Refund]]) -> None:
    """However often and in whichever portions it is asked for."""
    gives_back_no_more(request_refund, example)


def _counts_done_only(order: Order, refund: Refund, paid: Money, by: str) -> Order:
    done = [one for one in order.refunds if one.status is RefundStatus.DONE]
    request_refund(replace(order, refunds=tuple(done)), refund, paid, by)
    return replace(order, refunds=(*order.refunds, refund))


def _each_against_the_total(order: Order, refund: Refund, paid: Money, by: str) -> Order:
    request_refund(replace(order, refunds=()), refund, paid, by)
    return order if refund in order.refunds else replace(order, refunds=(*order.refunds, refund))


@pytest.mark.parametrize("planted", [_counts_done_only, _each_against_the_total])
def test_wrong_limits_are_noticed(planted: RequestRefund) -> None:
    """Two refunds on their way at once, or each of them measured alone."""
    caught(lambda example: gives_back_no_more(planted, example), orders_with_refunds())


@pytest.mark.parametrize("amount", [0, -1])
@given(order=orders(status=OrderStatus.DELIVERED), refund=refunds("USD"))
def test_nothing_is_no_refund(amount: int, order: Order, refund: Refund) -> None:
    """Nor is less than nothing, which would make more refundable."""
    currency = order.totals.total.currency
    with pytest.raises(NothingToRefund):
        request_refund(order, replace(refund, amount=Money(amount, currency)), order.totals.total, BY)


@given(orders_with_refunds(), st.lists(st.booleans(), min_size=9, max_size=9))
def test_the_payment_status_says_what_went_back(example: tuple[Order, list[Refund]], outcomes: list[bool]) -> None:
    """Paid, partially refunded, refunded: by the refunds that were carried out; each is settled once."""
    order, asked = example
    paid = order.totals.total
    for refund, done in zip(asked, outcomes, strict=False):
        try:
            order = request_refund(order, refund, paid, BY)
        except NothingToRefund:
            continue
        order = settle_refund(order, refund.id, done=done, at=refund.requested_at)
        assert settle_refund(order, refund.id, done=not done, at=refund.requested_at) == order

    back = sum(refund.amount.amount for refund in order.refunds if refund.status is RefundStatus.DONE)
    booked = book(order, taken=paid, gone=Money(back, paid.currency)).payment_status
    assert order.payment_status is PaymentStatus.PAID, "only the books say what went back"
    assert (booked is PaymentStatus.PAID) == (back == 0)
    assert (booked is PaymentStatus.REFUNDED) == (0 < back == paid.amount)
    assert settle_refund(order, RefundId("unknown"), done=True, at=order.placed_at) == order


def is_short_and_human(numbering: Numbering, order_id: OrderId) -> None:
    """Eight letters and digits that nobody misreads, the same each time, another for each candidate."""
    numbers = [numbering(order_id, candidate) for candidate in range(5)]

    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", number) for number in numbers)
    assert len(set(numbers)) == 5
    assert numbers == [numbering(order_id, candidate) for candidate in range(5)]


@given(ids().map(OrderId))
def test_a_number_is_short_and_human(order_id: OrderId) -> None:
    """Crockford's base 32 has no I, L, O and U."""
    is_short_and_human(number_of, order_id)


@pytest.mark.parametrize(
    "planted",
    [
        lambda order_id, _candidate: number_of(order_id, 0),
        lambda order_id, candidate: number_of(order_id, candidate).replace("0", "O"),
        lambda order_id, candidate: number_of(order_id, candidate).replace("-", ""),
    ],
    ids=["no other candidate", "an O for a zero", "in one piece"],
)
def test_wrong_numbers_are_noticed(planted: Numbering) -> None:
    caught(lambda order_id: is_short_and_human(planted, order_id), ids().map(OrderId))


@given(orders())
def test_encoded_and_decoded_it_is_the_same(order: Order) -> None:
    """The stored form loses nothing, and keeps the explanation to the byte."""
    decoded = msgspec.json.decode(msgspec.json.encode(order), type=Order)

    assert decoded == order
    assert bytes(decoded.explanation) == bytes(order.explanation)


@given(placed_orders())
def test_a_placed_order_adds_up(order: Order) -> None:
    """What the strategy draws is what checkout would place."""
    sums = order.totals

    assert sums.subtotal.amount == sum(line.line_total.amount for line in order.lines)
    assert sums.subtotal - sums.discount + sums.shipping + sums.tax == sums.total
