"""Attempts of one payment: each at its own gateway, each charge known, and what is only assumed gives way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shopcore.payments.model import (
    Attempt,
    Payment,
    PaymentState,
    Report,
    charged_by,
    last_word,
    record,
    still_open,
    try_again,
    turn_elsewhere,
    unanswered,
)
from shopcore.testing.contracts.sales_samples import a_payment
from shopcore.testing.strategies.payments import NOON, payments, reports

pytestmark = pytest.mark.core


def said(payment: Payment, attempt: int, state: PaymentState) -> Report:
    """What that attempt's gateway says of it."""
    return Report(
        payment_id=payment.id, attempt=attempt, state=state, amount=payment.amount, reference=f"charge-{attempt}"
    )


def tried_at(*gateways: str) -> Payment:
    """A payment that failed at all of these for good but the last, where it is open."""
    payment = replace(a_payment("payment"), gateway=gateways[0])
    for number, gateway in enumerate(gateways[1:], start=1):
        failed = record(payment, last_word(said(payment, number, PaymentState.FAILED)), NOON)
        payment = try_again(failed, [gateway], None, None, NOON)
    return payment


def test_each_charge_is_known_with_its_own_gateway() -> None:
    """The first pays the order; each is found again where it was made."""
    payment = tried_at("gold", "silver", "iron")
    for attempt in (2, 3, 1, 2):
        payment = record(payment, said(payment, attempt, PaymentState.SUCCEEDED), NOON)

    assert payment.charges == (
        Attempt(number=2, gateway="silver", reference="charge-2"),
        Attempt(number=3, gateway="iron", reference="charge-3"),
        Attempt(number=1, gateway="gold", reference="charge-1"),
    )
    for number, where in ((None, (2, "silver")), (1, (1, "gold")), (2, (2, "silver")), (3, (3, "iron"))):
        seen = charged_by(payment, number)
        assert (seen.attempt, seen.gateway, seen.reference) == (*where, f"charge-{where[0]}")


def test_money_of_an_earlier_attempt_leaves_the_present_one_as_it_is_at_its_gateway() -> None:
    """It may have to be stopped there."""
    payment = tried_at("gold", "silver")
    open_one = record(payment, said(payment, 2, PaymentState.REQUIRES_ACTION), NOON)
    paid = record(open_one, said(payment, 1, PaymentState.SUCCEEDED), NOON)

    assert paid.state is PaymentState.SUCCEEDED
    assert (paid.attempt, paid.gateway, paid.reference) == (2, "silver", "charge-2")


@given(payments(), st.data())
def test_charges_are_those_that_were_said_to_be_taken_each_once(payment: Payment, data: st.DataObject) -> None:
    """In whatever amount of the payment's currency, and in the order in which they were heard of."""
    heard = data.draw(st.lists(reports(payment), max_size=6))
    after = payment
    for report in heard:
        after = record(after, report, NOON)
    told = [report for report in heard if report.state is PaymentState.SUCCEEDED]
    taken = [report.attempt for report in told if report.amount.currency == payment.amount.currency]

    assert [charge.number for charge in after.charges] == list(dict.fromkeys(taken))


@given(payments(states=(PaymentState.REQUIRES_PAYMENT,)), st.data())
def test_what_is_assumed_makes_no_difference_to_what_is_heard(payment: Payment, data: st.DataObject) -> None:
    """Wherever the silence falls among the reports, the end is the one without it."""
    heard = [
        report
        for report in data.draw(st.lists(reports(payment, honest=True), max_size=4))
        if report.state is not PaymentState.REQUIRES_PAYMENT and report.attempt == payment.attempt
    ]
    place = data.draw(st.integers(0, len(heard)))
    with_silence = without = payment
    for report in [*heard[:place], unanswered(payment), *heard[place:]]:
        with_silence = record(with_silence, report, NOON)
    for report in heard:
        without = record(without, report, NOON)

    if heard:
        assert with_silence == without
    else:
        assert (with_silence.state, with_silence.is_assumed) == (PaymentState.PROCESSING, True)


@given(payments())
def test_an_assumption_about_what_has_begun_is_none(payment: Payment) -> None:
    """Of a payment that was heard of, silence says nothing."""
    after = record(payment, unanswered(payment), NOON)
    if payment.state is not PaymentState.REQUIRES_PAYMENT:
        assert after == payment


@pytest.mark.parametrize("state", [PaymentState.FAILED, PaymentState.VOIDED])
def test_an_attempt_may_take_money_until_its_gateway_has_closed_it(state: PaymentState) -> None:
    """What failed may be tried again on a page that is open; what is void is over. So it stays, whatever comes late."""
    payment = a_payment("payment")
    heard = record(payment, said(payment, 1, state), NOON)
    closed = record(heard, last_word(said(payment, 1, state)), NOON)
    late = record(closed, said(payment, 1, PaymentState.PROCESSING), NOON)

    assert still_open(heard) == ((1,) if state is PaymentState.FAILED else ())
    assert still_open(closed) == still_open(late) == ()


def test_an_earlier_attempt_is_closed_without_a_change_of_the_present_one() -> None:
    payment = replace(tried_at("gold", "silver"), closed=())
    closed = record(payment, last_word(said(payment, 1, PaymentState.FAILED)), NOON)

    assert still_open(payment) == (1, 2)
    assert closed == replace(payment, closed=(1,))


def test_who_has_turned_elsewhere_has_left_nothing_open_behind() -> None:
    payment = turn_elsewhere(replace(a_payment("payment"), others=("silver",)), 1, NOON)

    assert still_open(payment) == (2,)
