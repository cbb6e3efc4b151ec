"""A payment only moves on, whatever the gateway says in whichever order; and the books balance."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.kernel.ids import OrderId, PaymentId
from shopcore.kernel.money import Money
from shopcore.payments.errors import PaymentNotRetryable, PaymentUnderWay, Unbalanced
from shopcore.payments.model import (
    OPEN,
    Account,
    JournalEntry,
    Payment,
    PaymentState,
    Posting,
    Report,
    entry,
    gateway_key,
    record,
    still_open,
    taken,
    try_again,
)
from shopcore.testing.strategies.kernel import ids
from shopcore.testing.strategies.payments import NOON, balanced_postings, payments, reports

pytestmark = pytest.mark.core

Record: TypeAlias = Callable[[Payment, Report, datetime], Payment]
Postings: TypeAlias = Sequence[tuple[Account, Money]]
MakeEntry: TypeAlias = Callable[[str, datetime, OrderId, PaymentId, Postings], JournalEntry]

TAKEN = frozenset({PaymentState.AUTHORIZED, PaymentState.SUCCEEDED})
ORDER_OF_STATES = (
    PaymentState.REQUIRES_PAYMENT,
    PaymentState.REQUIRES_ACTION,
    PaymentState.PROCESSING,
    PaymentState.FAILED,
    PaymentState.AUTHORIZED,
    PaymentState.VOIDED,
    PaymentState.SUCCEEDED,
)


@st.composite
def told(draw: st.DrawFn) -> tuple[Payment, list[Report]]:
    """A payment, and what the gateway says of it: lies of another amount and other attempts among it."""
    payment = draw(payments())
    return payment, draw(st.lists(reports(payment), max_size=6))


def moves_on(take_in: Record, example: tuple[Payment, list[Report]]) -> None:
    """Up in rank or not at all; what was taken is never forgotten, however much; said twice is said once."""
    payment, said = example
    for report in said:
        after = take_in(payment, report, NOON)
        assert ORDER_OF_STATES.index(after.state) >= ORDER_OF_STATES.index(payment.state)
        is_ours = report.amount.currency == payment.amount.currency
        is_paid = report.state is PaymentState.SUCCEEDED and is_ours
        assert (after.state is PaymentState.SUCCEEDED) >= is_paid
        assert (after.state in TAKEN) <= (payment.state in TAKEN or is_paid or report.amount == payment.amount)
        if is_paid and payment.state is not PaymentState.SUCCEEDED:
            assert taken(after) == report.amount
        assert take_in(after, report, NOON) == after
        assert (after.id, after.order_id, after.amount, after.attempt) == (
            payment.id,
            payment.order_id,
            payment.amount,
            payment.attempt,
        )
        payment = after


@given(told())
def test_a_report_only_moves_a_payment_on(example: tuple[Payment, list[Report]]) -> None:
    """Late, doubled and wrong ones included."""
    moves_on(record, example)


def _last_word_counts(payment: Payment, report: Report, at: datetime) -> Payment:
    return replace(payment, state=report.state, updated_at=at)


def _deaf_to_old_attempts(payment: Payment, report: Report, at: datetime) -> Payment:
    return record(payment, report, at) if report.attempt == payment.attempt else payment


def _any_amount_will_do(payment: Payment, report: Report, at: datetime) -> Payment:
    return record(payment, replace(report, amount=payment.amount), at)


@pytest.mark.parametrize("planted", [_last_word_counts, _deaf_to_old_attempts, _any_amount_will_do])
def test_wrong_ways_to_listen_are_noticed(planted: Record) -> None:
    """A late report that undoes, money of an earlier attempt that is overheard, a cent that pays for everything."""
    caught(lambda example: moves_on(planted, example), told())


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[Payment, list[Report], list[Report]]:
    """Honest reports on one attempt, and the same ones in another order, some of them twice."""
    payment = draw(payments(states=(PaymentState.REQUIRES_PAYMENT,)))
    said = draw(st.lists(reports(payment, honest=True), max_size=5))
    said = [replace(report, attempt=payment.attempt) for report in said]
    doubled = said + draw(st.lists(st.sampled_from(said), max_size=3) if said else st.just([]))
    return payment, said, draw(st.permutations(doubled))


def agrees(take_in: Record, example: tuple[Payment, list[Report], list[Report]]) -> None:
    """The end does not depend on the order of the reports."""
    payment, said, otherwise = example
    first = second = payment
    for report in said:
        first = take_in(first, report, NOON)
    for report in otherwise:
        second = take_in(second, report, NOON)

    assert first.state is second.state


@given(shuffled())
def test_the_order_of_reports_does_not_matter(example: tuple[Payment, list[Report], list[Report]]) -> None:
    """Nor how often each is delivered."""
    agrees(record, example)


def test_an_order_that_matters_is_noticed() -> None:
    caught(lambda example: agrees(_last_word_counts, example), shuffled())


def _closed(payment: Payment) -> Payment:
    """Nothing of it can take money any more."""
    return replace(payment, closed=still_open(payment))


@given(payments())
def test_only_a_payment_that_failed_or_is_void_is_tried_again(payment: Payment) -> None:
    """As a new attempt under a new key, and once those before it are closed; else the money might be taken twice."""
    if payment.state not in {PaymentState.FAILED, PaymentState.VOIDED}:
        with pytest.raises(PaymentNotRetryable):
            try_again(payment, ["bogus"], None, None, NOON)
        return

    if payment.state is PaymentState.FAILED:
        with pytest.raises(PaymentUnderWay):
            try_again(replace(payment, closed=()), ["bogus"], None, None, NOON)
    again = try_again(_closed(payment), ["other"], "card", None, NOON)
    assert (again.attempt, again.state, again.gateway) == (payment.attempt + 1, PaymentState.REQUIRES_PAYMENT, "other")
    assert (again.reference, again.failure, again.client_secret, again.capturing) == (None, None, None, None)
    assert not again.letting_go
    assert gateway_key(again.id, again.attempt) != gateway_key(payment.id, payment.attempt)
    assert again.state in OPEN


@given(st.lists(st.tuples(ids().map(PaymentId), st.integers(1, 20)), unique=True, max_size=6))
def test_no_two_attempts_share_a_key(attempts: list[tuple[PaymentId, int]]) -> None:
    """And each has the same one after any crash."""
    keys = [gateway_key(*attempt) for attempt in attempts]

    assert len(set(keys)) == len(attempts)
    assert keys == [gateway_key(*attempt) for attempt in attempts]


POSTINGS = st.tuples(balanced_postings(), st.integers(-3, 3))


def balances(make: MakeEntry, example: tuple[Postings, int]) -> None:
    """What sums to zero in each currency is an entry of the same sums, without zeros; all else is refused."""
    (account, first), *others = example[0]
    postings = [(account, first + Money(example[1], first.currency)), *others]
    try:
        made = make("key", NOON, OrderId("order"), PaymentId("payment"), postings)
    except Unbalanced:
        assert example[1] != 0
        return

    assert example[1] == 0
    assert [(one.account, one.amount) for one in made.postings] == [one for one in postings if one[1].amount]


@given(POSTINGS)
def test_an_entry_balances(example: tuple[Postings, int]) -> None:
    """In every currency by itself; one minor unit is enough to refuse it."""
    balances(entry, example)


def _one_sum_for_all(
    key: str, at: datetime, order_id: OrderId, payment_id: PaymentId, postings: Postings
) -> JournalEntry:
    if sum(amount.amount for _, amount in postings) not in {0, 1}:
        raise Unbalanced
    kept = tuple(Posting(account=account, amount=amount) for account, amount in postings if amount.amount)
    return JournalEntry(key=key, at=at, order_id=order_id, payment_id=payment_id, postings=kept)


def _with_zeros(key: str, at: datetime, order_id: OrderId, payment_id: PaymentId, postings: Postings) -> JournalEntry:
    made = entry(key, at, order_id, payment_id, postings)
    return replace(made, postings=tuple(Posting(account=account, amount=amount) for account, amount in postings))


@pytest.mark.parametrize("planted", [_one_sum_for_all, _with_zeros])
def test_wrong_books_are_noticed(planted: MakeEntry) -> None:
    """A unit that is rounded away, postings of nothing."""
    caught(lambda example: balances(planted, example), POSTINGS)


def test_currencies_do_not_make_up_for_each_other() -> None:
    """A dollar is no euro."""
    with pytest.raises(Unbalanced):
        entry(
            "key",
            NOON,
            OrderId("order"),
            PaymentId("payment"),
            [(Account.CLEARING, Money(1, "USD")), (Account.RECEIVABLE, Money(-1, "EUR"))],
        )


@given(payments())
def test_encoded_and_decoded_it_is_the_same(payment: Payment) -> None:
    """The stored form loses nothing."""
    assert msgspec.json.decode(msgspec.json.encode(payment), type=Payment) == payment
