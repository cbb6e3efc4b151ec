"""What did not go back is missing until it is asked for again, by whoever and in whatever parts: each cent once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import NothingToRefund
from shopcore.ordering.model import (
    Order,
    Refund,
    RefundStatus,
    failed_refunds,
    reopen_refund,
    request_refund,
    retry_refund,
    settle_refund,
    take_refund_back,
)
from shopcore.testing.contracts.sales_samples import an_order
from shopcore.testing.strategies.ordering import BY

pytestmark = pytest.mark.core

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLENTY = Money(100_000, "USD")

Listed: TypeAlias = Callable[[Order], tuple[Refund, ...]]
Retried: TypeAlias = Callable[..., Order]
Step: TypeAlias = tuple[bool, int, str]

STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(1, 9), st.sampled_from(["failed", "failed", "done", "returned"])), max_size=9
)


def each_cent_is_missing_once(listed: Listed, retried: Retried, steps: list[Step]) -> None:
    """Refunds by hand and once more, each with an outcome. By hand what is missing is answered, which then is done."""
    order, missing = an_order("order"), 0
    for number, (is_again, cents, wanted) in enumerate(steps):
        name, at = RefundId(f"refund-{number}"), NOON + timedelta(hours=number)
        waiting = listed(order) if is_again else ()
        outcome = "done" if missing and not waiting else wanted
        if waiting:
            order = _again(retried, order, waiting[cents % len(waiting)], name, at)
        else:
            order = request_refund(order, _refund(name, cents, at), PLENTY, BY)
        asked = order.refunds[-1].amount.amount
        order = _settled(order, name, outcome, at + timedelta(minutes=1))
        missing = max(0, missing - asked) + (0 if outcome == "done" else asked)
        assert _all_that_is_missing(order, listed, retried) == missing


def _refund(name: str, cents: int, at: datetime, **terms: Any) -> Refund:
    amount = Money(cents, "USD")
    return Refund(
        id=RefundId(name), payment_id=PaymentId("pay"), amount=amount, reason="late", requested_at=at, **terms
    )


def _again(retried: Retried, order: Order, failed: Refund, name: RefundId, at: datetime) -> Order:
    try:
        return retried(order, failed.id, name, paid=PLENTY, at=at, by=BY)
    except NothingToRefund:
        raise AssertionError("it is listed, and cannot be asked for") from None


def _settled(order: Order, name: RefundId, outcome: str, at: datetime) -> Order:
    order = settle_refund(order, name, done=outcome != "failed", at=at)
    return take_refund_back(order, name, at=at) if outcome == "returned" else order


def _all_that_is_missing(order: Order, listed: Listed, retried: Retried) -> int:
    """What staff ask for who ask for each that is listed."""
    total = 0
    for one in listed(order):
        order = _again(retried, order, one, RefundId(f"{one.id}-all"), NOON + timedelta(days=9))
        total += order.refunds[-1].amount.amount
    assert listed(order) == ()
    return total


@given(STEPS)
def test_each_cent_that_did_not_go_back_is_missing_once(steps: list[Step]) -> None:
    each_cent_is_missing_once(failed_refunds, retry_refund, steps)


def _later_money_counts_for_each(order: Order) -> tuple[Refund, ...]:
    def is_answered(failed: Refund) -> bool:
        since = failed.failed_at or failed.requested_at
        later = (one for one in order.refunds if one.status is not RefundStatus.FAILED and one.requested_at >= since)
        return sum(one.amount.amount for one in later) >= failed.amount.amount

    return tuple(one for one in order.refunds if one.status is RefundStatus.FAILED and not is_answered(one))


def _forgets_what_it_is_instead_of(order: Order, *terms: Any, **named: Any) -> Order:
    asked = retry_refund(order, *terms, **named)
    return replace(asked, refunds=(*asked.refunds[:-1], replace(asked.refunds[-1], instead_of=None)))


@pytest.mark.parametrize(
    ("listed", "retried"),
    [(_later_money_counts_for_each, retry_refund), (failed_refunds, _forgets_what_it_is_instead_of)],
)
def test_planted_mistakes_are_noticed(listed: Listed, retried: Retried) -> None:
    caught(partial(each_cent_is_missing_once, listed, retried), STEPS)


def test_what_is_given_after_all_is_not_missing_in_another_refund() -> None:
    """The gateway refused it and the one instead of it, and lists the first as given."""
    order = request_refund(an_order("order"), _refund("first", 500, NOON), PLENTY, BY)
    order = _settled(order, RefundId("first"), "failed", NOON)
    order = retry_refund(order, RefundId("first"), RefundId("second"), paid=PLENTY, at=NOON, by=BY)
    order = _settled(order, RefundId("second"), "failed", NOON)
    before = failed_refunds(order)
    order = reopen_refund(order, RefundId("first"), paid=PLENTY, at=NOON, by=BY)

    assert [one.id for one in before] == ["second"]
    assert failed_refunds(order) == ()


def test_money_of_one_charge_is_no_answer_to_another() -> None:
    """A second charge that did not go back is missing still."""
    order = request_refund(an_order("order"), _refund("second", 2_000, NOON, attempt=2), PLENTY, BY)
    order = _settled(order, RefundId("second"), "failed", NOON)
    order = request_refund(order, _refund("first", 2_000, NOON), PLENTY, BY)

    assert [one.id for one in failed_refunds(order)] == ["second"]
