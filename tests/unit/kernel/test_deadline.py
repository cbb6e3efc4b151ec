"""Deadlines: the earlier one holds, and nobody waits beyond it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.deadline import seconds_left, until

pytestmark = pytest.mark.core

seconds = st.floats(0, 1_000)


@given(seconds)
def test_without_a_deadline_everything_takes_its_own_time(own: float) -> None:
    assert seconds_left(own, 5.0) == own


@given(seconds, seconds, seconds)
def test_nobody_waits_beyond_the_deadline_or_longer_than_its_own_time(own: float, moment: float, now: float) -> None:
    """And what is left is never less than nothing."""
    with until(moment):
        left = seconds_left(own, now)

    assert left in {own, max(moment - now, 0.0)}
    assert 0 <= left <= own


@given(st.lists(seconds, min_size=1, max_size=4))
def test_the_earliest_deadline_around_holds(moments: list[float]) -> None:
    """However they stand inside each other; outside, everything is as before."""

    def nested(rest: list[float]) -> float:
        if not rest:
            return seconds_left(2_000, 0.0)
        with until(rest[0]):
            return nested(rest[1:])

    assert nested(moments) == min(moments)
    assert seconds_left(2_000, 0.0) == 2_000
