"""Stock and reservations: what holds for every one of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted import caught

from shopcore.inventory.errors import ReservationLapsed
from shopcore.inventory.model import (
    HOLD,
    Reservation,
    ReservationState,
    StockItem,
    StockLine,
    StockPolicy,
    claim,
    commit,
    hold,
    release,
)
from shopcore.kernel.ids import OrderId
from shopcore.testing.strategies.inventory import NOON, moments, reservations, stock_items, stock_lines

pytestmark = pytest.mark.core

replace = msgspec.structs.replace
Step = Callable[[Reservation, datetime], Reservation]
Hold = Callable[[OrderId, Sequence[StockLine], datetime], Reservation]

STEPS: dict[str, Step] = {
    "claim": claim,
    "commit": lambda reservation, _: commit(reservation),
    "release": lambda reservation, _: release(reservation),
}
# Which states each step leads to; where a state is missing, the step is refused. `held` is one that has not lapsed.
TABLE: dict[str, dict[ReservationState, ReservationState]] = {
    "claim": {
        ReservationState.HELD: ReservationState.OWNED,
        ReservationState.OWNED: ReservationState.OWNED,
        ReservationState.COMMITTED: ReservationState.COMMITTED,
    },
    "commit": {
        ReservationState.OWNED: ReservationState.COMMITTED,
        ReservationState.COMMITTED: ReservationState.COMMITTED,
    },
    "release": dict.fromkeys(ReservationState, ReservationState.RELEASED),
}


@given(reservations(), stock_items())
def test_both_survive_encoding(reservation: Reservation, item: StockItem) -> None:
    """The stored form loses nothing."""
    assert msgspec.json.decode(msgspec.json.encode(reservation), type=Reservation) == reservation
    assert msgspec.json.decode(msgspec.json.encode(item), type=StockItem) == item


# ------------------------------------------------------------------------------------------------------------- hold


def keeps_every_unit(make: Hold) -> Callable[[Sequence[StockLine]], None]:
    """As many units of each SKU as were asked for, each SKU once, in order."""

    def holds(lines: Sequence[StockLine]) -> None:
        reservation = make(OrderId("o"), lines, NOON)
        asked: Counter[str] = Counter()
        for line in lines:
            asked[line.sku] += line.quantity
        assert [line.sku for line in reservation.lines] == sorted(asked)
        assert {line.sku: line.quantity for line in reservation.lines} == asked
        assert (reservation.state, reservation.expires_at) == (ReservationState.HELD, NOON + HOLD)

    return holds


@given(stock_lines())
def test_a_hold_keeps_every_unit(lines: list[StockLine]) -> None:
    """Summed per SKU, whatever the lines."""
    keeps_every_unit(hold)(lines)


@given(stock_lines().flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_the_order_of_lines_does_not_matter(orders: tuple[list[StockLine], list[StockLine]]) -> None:
    """So that no two carts wait for each other."""
    one, other = orders

    assert hold(OrderId("o"), one, NOON) == hold(OrderId("o"), other, NOON)


def the_last_line_of_a_sku(order_id: OrderId, lines: Sequence[StockLine], now: datetime) -> Reservation:
    """The planted mistake: a second line of a SKU replaces the first."""
    return hold(order_id, list({line.sku: line for line in lines}.values()), now)


def test_a_sku_that_comes_twice_catches_a_forgetful_hold() -> None:
    """The property notices."""
    caught(keeps_every_unit(the_last_line_of_a_sku), stock_lines())


# ------------------------------------------------------------------------------------------------------ transitions


def stays_in_the_table(steps: dict[str, Step]) -> Callable[[tuple[Reservation, str, datetime]], None]:
    """A step leads where the table says, or is refused where it says nothing; only the state changes."""

    def holds(example: tuple[Reservation, str, datetime]) -> None:
        reservation, step, now = example
        allowed = TABLE[step].get(reservation.state)
        if step == "claim" and reservation.state is ReservationState.HELD and now >= reservation.expires_at:
            allowed = None
        try:
            after = steps[step](reservation, now)
        except ReservationLapsed:
            assert allowed is None
        else:
            assert allowed is not None
            assert after == replace(reservation, state=allowed)
            assert steps[step](after, now) == after

    return holds


EXAMPLES = st.tuples(reservations(), st.sampled_from(sorted(STEPS)), moments())


@given(EXAMPLES)
def test_transitions_stay_in_the_table(example: tuple[Reservation, str, datetime]) -> None:
    """From every state, at every moment; and every step may be repeated."""
    stays_in_the_table(STEPS)(example)


def claim_at_any_time(reservation: Reservation, now: datetime) -> Reservation:
    """The planted mistake: nobody looks at the clock."""
    return claim(reservation, min(now, reservation.expires_at - HOLD))


def commit_what_is_held(reservation: Reservation, now: datetime) -> Reservation:
    """The planted mistake: units are taken from the shelf for a cart that no order owns."""
    owned = replace(reservation, state=ReservationState.OWNED)
    return commit(owned if reservation.state is ReservationState.HELD else reservation)


@pytest.mark.parametrize(("step", "planted"), [("claim", claim_at_any_time), ("commit", commit_what_is_held)])
def test_the_table_catches_wrong_transitions(step: str, planted: Step) -> None:
    """The property notices."""
    caught(stays_in_the_table({**STEPS, step: planted}), EXAMPLES)


@given(reservations(), st.lists(st.tuples(st.sampled_from(sorted(STEPS)), moments()), max_size=8))
def test_what_is_released_stays_released(reservation: Reservation, steps: list[tuple[str, datetime]]) -> None:
    """No sequence of steps brings it back, so its units are given back once."""
    released = release(reservation)
    for step, now in steps:
        try:
            released = STEPS[step](released, now)
        except ReservationLapsed:
            continue

    assert released.state is ReservationState.RELEASED


# ----------------------------------------------------------------------------------------------------------- levels


def never_promises_too_much(
    allows: Callable[[StockItem, int], bool],
) -> Callable[[tuple[StockItem, int]], None]:
    """Where overselling is forbidden, what is allowed is there; elsewhere everything is allowed."""

    def holds(example: tuple[StockItem, int]) -> None:
        item, quantity = example
        strict = item.tracked and item.policy is StockPolicy.DENY
        assert allows(item, quantity) == (not strict or item.reserved + quantity <= item.on_hand)

    return holds


QUANTITIES = st.tuples(stock_items(), st.integers(1, 60))


@given(QUANTITIES)
def test_a_level_never_promises_too_much(example: tuple[StockItem, int]) -> None:
    """`allows` is the guard that the stores keep, too."""
    never_promises_too_much(StockItem.allows)(example)


@pytest.mark.parametrize(
    "planted",
    [
        lambda item, quantity: item.on_hand >= quantity or StockItem.allows(item, quantity),
        lambda item, quantity: item.tracked and StockItem.allows(item, quantity),
    ],
)
def test_a_promise_of_reserved_units_is_caught(planted: Callable[[StockItem, int], bool]) -> None:
    """The planted mistakes: units that are promised already count as free; what is not tracked runs out."""
    caught(never_promises_too_much(planted), QUANTITIES)


@given(stock_items())
def test_available_is_what_is_left(item: StockItem) -> None:
    """What is on hand is what is promised and what is not."""
    assert item.available + item.reserved == item.on_hand
