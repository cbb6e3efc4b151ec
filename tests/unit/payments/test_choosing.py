"""Which gateway a payment is made through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shopcore.kernel.money import Money
from shopcore.payments.errors import PaymentNotRetryable
from shopcore.payments.model import (
    GatewayRule,
    PaymentState,
    Report,
    ask_again,
    candidates,
    in_use,
    record,
    take_up,
    try_again,
    turn_elsewhere,
    turn_or_wait,
)
from shopcore.testing.contracts.sales_samples import a_payment
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.core

EUROS = GatewayRule(
    gateways=("euro", "card"), currency="EUR", countries=frozenset({"DE", "AT"}), least=1_000, most=5_000
)
ALL = GatewayRule(gateways=("card",))
NAMES = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True)


@pytest.mark.parametrize(
    ("amount", "country", "chosen"),
    [
        (Money(1_000, "EUR"), "DE", ("euro", "card")),
        (Money(5_000, "EUR"), "AT", ("euro", "card")),
        (Money(999, "EUR"), "DE", ("card",)),
        (Money(5_001, "EUR"), "DE", ("card",)),
        (Money(1_000, "EUR"), "FR", ("card",)),
        (Money(1_000, "EUR"), None, ("card",)),
        (Money(1_000, "USD"), "DE", ("card",)),
    ],
)
def test_the_first_rule_that_is_about_a_payment_counts(amount: Money, country: str | None, chosen: tuple[str]) -> None:
    assert candidates([EUROS, ALL], "usual", amount, country) == chosen
    assert candidates([], "usual", amount, country) == ("usual",)


@given(names=NAMES, off=st.sets(st.sampled_from(["a", "b", "c"])))
def test_those_that_are_off_are_passed_over_unless_all_are(names: list[str], off: set[str]) -> None:
    """Their order stays; with all of them off, all are waited for."""
    left = in_use(names, off)

    assert left == tuple(name for name in names if name not in off) or (set(names) <= off and left == tuple(names))


def test_the_next_gateway_has_an_attempt_of_its_own() -> None:
    """What the first one says later is of the first attempt still: money that it took all the same is found."""
    payment = replace(a_payment("mine"), gateway="first", others=("second", "third"))
    turned = turn_elsewhere(payment, 1, NOON)
    late = Report(payment_id=payment.id, attempt=1, state=PaymentState.SUCCEEDED, amount=payment.amount, reference="x")
    paid = record(turned, late, NOON)

    assert (turned.gateway, turned.others, turned.attempt) == ("second", ("third",), 2)
    assert [(tried.number, tried.gateway) for tried in turned.earlier] == [(1, "first")]
    assert [(charge.number, charge.gateway) for charge in paid.charges] == [(1, "first")]


@pytest.mark.parametrize("state", [state for state in PaymentState if state is not PaymentState.REQUIRES_PAYMENT])
def test_nobody_turns_elsewhere_once_something_was_heard(state: PaymentState) -> None:
    """Nor from an attempt that is not the present one, nor where there is no other gateway."""
    payment = replace(a_payment("mine"), others=("second",))

    for held, attempt in ((replace(payment, state=state), 1), (payment, 2), (replace(payment, others=()), 1)):
        with pytest.raises(PaymentNotRetryable):
            turn_elsewhere(held, attempt, NOON)


def test_of_who_asks_again_and_who_turns_elsewhere_the_later_one_does_nothing() -> None:
    """Whatever their clocks say: both write it down before they ask, and two gateways would take the money."""
    payment = replace(a_payment("mine"), others=("second",))
    with pytest.raises(PaymentNotRetryable):
        turn_elsewhere(ask_again(payment, 1, NOON), 1, NOON)
    with pytest.raises(PaymentNotRetryable):
        ask_again(turn_elsewhere(payment, 1, NOON), 1, NOON)


def test_what_somebody_may_have_asked_for_is_not_set_by_and_what_is_set_by_is_asked_for_by_nobody_else() -> None:
    """Or two gateways would take the money: each of the two is written down before anybody is asked."""
    payment = replace(a_payment("mine"), others=("second",))
    set_by = turn_or_wait(payment, 1, NOON, {"second"})

    assert set_by.is_set_by
    with pytest.raises(PaymentNotRetryable):
        turn_or_wait(ask_again(payment, 1, NOON), 1, NOON, {"second"})
    with pytest.raises(PaymentNotRetryable):
        ask_again(set_by, 1, NOON)
    assert ask_again(take_up(set_by, "second", NOON), 2, NOON).gateway == "second"


def test_what_the_gateway_that_was_waited_for_says_is_not_of_the_one_that_took_it_up() -> None:
    """Whoever stopped the payment may have asked the first one to cancel: the second holds the money all the same."""
    payment = replace(a_payment("mine"), gateway="first", others=("second",))
    set_by = turn_or_wait(payment, 1, NOON, {"second"})
    held = record(
        take_up(set_by, "second", NOON),
        Report(payment_id=payment.id, attempt=2, state=PaymentState.AUTHORIZED, amount=payment.amount, reference="x"),
        NOON,
    )
    late = record(
        held, Report(payment_id=payment.id, attempt=1, state=PaymentState.VOIDED, amount=payment.amount), NOON
    )

    assert (late.state, late.gateway, late.closed) == (PaymentState.AUTHORIZED, "second", (1,))
    assert take_up(set_by, "first", NOON).attempt == 1


@pytest.mark.parametrize("state", [PaymentState.VOIDED, PaymentState.FAILED, PaymentState.SUCCEEDED])
def test_what_has_ended_while_it_was_set_by_is_taken_up_by_nobody(state: PaymentState) -> None:
    """And another try is begun at once, not set by in its turn."""
    set_by = replace(a_payment("mine"), is_set_by=True, others=("second",), state=state, closed=(1,))
    with pytest.raises(PaymentNotRetryable):
        take_up(set_by, "second", NOON)
    if state is not PaymentState.SUCCEEDED:
        assert not try_again(set_by, ["first"], None, None, NOON).is_set_by
