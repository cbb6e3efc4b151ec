"""A payment's life in one word, and disputes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.planted import caught

from shopcore.kernel.money import Money
from shopcore.payments.model import (
    Dispute,
    DisputeState,
    Payment,
    PaymentLife,
    PaymentState,
    life_of,
    take_dispute_in,
)
from shopcore.testing.contracts.sales_samples import a_payment
from shopcore.testing.contracts.samples import NOON

pytestmark = pytest.mark.core

NOTHING, PART, ALL = Money(0, "USD"), Money(500, "USD"), Money(2000, "USD")
DISPUTES = st.builds(
    Dispute, id=st.sampled_from(["dp_1", "dp_2"]), state=st.sampled_from(DisputeState), amount=st.just(PART)
)


def test_every_word_is_reached() -> None:
    """Those before money was taken are the gateway's; those after say what became of it."""
    paid = a_payment("mine", state=PaymentState.SUCCEEDED)
    complained = replace(paid, disputes=(Dispute(id="dp_1", state=DisputeState.OPEN, amount=ALL),))
    decided = replace(paid, disputes=(Dispute(id="dp_1", state=DisputeState.WON, amount=ALL),))
    before = [a_payment("mine", state=state) for state in PaymentState if state is not PaymentState.SUCCEEDED]
    reached = [
        *(life_of(each, NOTHING) for each in before),
        life_of(paid, NOTHING),
        life_of(paid, PART),
        life_of(paid, ALL),
        life_of(complained, PART),
    ]

    assert set(reached) == set(PaymentLife)
    assert life_of(decided, NOTHING) is PaymentLife.CAPTURED
    lost = replace(paid, disputes=(Dispute(id="dp_1", state=DisputeState.LOST, amount=PART),))
    assert [life_of(lost, back) for back in (NOTHING, ALL - PART)] == [
        PaymentLife.PARTLY_REFUNDED,
        PaymentLife.REFUNDED,
    ]
    assert life_of(replace(paid, captured=PART), PART) is PaymentLife.REFUNDED


@pytest.mark.parametrize("state", [DisputeState.OPEN, DisputeState.LOST])
def test_a_dispute_of_a_further_charge_is_no_matter(state: DisputeState) -> None:
    """What was lost with it, too."""
    paid = a_payment("mine", state=PaymentState.SUCCEEDED)
    of_another = replace(paid, disputes=(Dispute(id="dp_1", state=state, amount=ALL, attempt=1),))

    assert [life_of(of_another, back) for back in (NOTHING, PART)] == [
        PaymentLife.CAPTURED,
        PaymentLife.PARTLY_REFUNDED,
    ]


def test_of_what_was_lost_in_another_currency_nothing_is_left() -> None:
    """Nobody knows how much is."""
    paid = a_payment("mine", state=PaymentState.SUCCEEDED)
    lost = replace(paid, disputes=(Dispute(id="dp_1", state=DisputeState.LOST, amount=Money(1, "EUR")),))

    assert life_of(lost, NOTHING) is PaymentLife.REFUNDED


def what_is_decided_stays(take_in: object, told: list[Dispute]) -> None:
    """In whatever order it is told: the first decision of each dispute counts."""
    payment, first = a_payment("mine", state=PaymentState.SUCCEEDED), dict[str, DisputeState]()
    for dispute in told:
        payment = take_in(payment, dispute, NOON)  # type: ignore[operator]
        if first.get(dispute.id, DisputeState.OPEN) is DisputeState.OPEN:
            first[dispute.id] = dispute.state

    assert {each.id: each.state for each in payment.disputes} == first


@given(told=st.lists(DISPUTES, max_size=8))
def test_what_a_bank_has_decided_stays_decided(told: list[Dispute]) -> None:
    what_is_decided_stays(take_dispute_in, told)


def test_believing_the_last_word_would_be_noticed() -> None:
    """The planted bug: a late event opens again what was decided."""

    def believes_the_last(payment: Payment, dispute: Dispute, _at: object) -> Payment:
        return replace(
            payment, disputes=tuple(({each.id: each for each in payment.disputes} | {dispute.id: dispute}).values())
        )

    caught(lambda told: what_is_decided_stays(believes_the_last, told), st.lists(DISPUTES, max_size=8))
