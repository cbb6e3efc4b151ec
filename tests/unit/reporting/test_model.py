"""What counts come to."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.money import Money
from shopcore.reporting.model import LONGEST, USUAL, Counts, Sales, averages, funnel_of, span

pytestmark = pytest.mark.core

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    """Never more paid than placed, nor more placed than opened."""
    carts = draw(st.integers(0, 1_000_000))
    orders = draw(st.integers(0, carts))
    paid, still = draw(st.integers(0, orders)), draw(st.integers(0, carts - orders))
    return Counts(carts=carts, orders=orders, paid=paid, open=still)


@given(counts())
def test_rates_are_shares_that_add_up(found: Counts) -> None:
    """What was not abandoned is ordered; what is not paid yet is what conversion lacks of that."""
    funnel = funnel_of(found, NOW - DAY, NOW)

    for rate in (funnel.conversion, funnel.abandonment, funnel.unpaid):
        assert rate is None or 0 <= rate <= 1
    assert (funnel.conversion is None) == (found.carts == 0)
    if funnel.conversion is not None and funnel.abandonment is not None:
        assert funnel.conversion <= 1 - funnel.abandonment + 0.0001


@given(st.integers(1, 10_000), st.integers(0, 10**12))
def test_an_average_is_the_nearest_minor_unit(orders: int, amount: int) -> None:
    (found,) = averages([Sales(orders=orders, total=Money(amount, "USD"))])

    assert abs(found.average.amount * orders - amount) * 2 <= orders


def test_a_span_is_the_last_thirty_days_unless_it_is_said() -> None:
    assert span(None, None, NOW) == (NOW - USUAL, NOW)
    assert span(None, NOW - DAY, NOW) == (NOW - DAY - USUAL, NOW - DAY)
    assert span(NOW - LONGEST, None, NOW) == (NOW - LONGEST, NOW)


@pytest.mark.parametrize(("since", "until"), [(NOW, NOW), (NOW, NOW - DAY), (NOW - LONGEST - DAY, NOW)])
def test_a_span_that_is_none_is_refused(since: datetime, until: datetime) -> None:
    with pytest.raises(InvalidInput):
        span(since, until, NOW)


@given(counts(), st.integers(0, 1_000_000))
def test_no_more_carts_are_open_than_have_no_order(found: Counts, still: int) -> None:
    """They are counted after the others, and some are opened in between."""
    funnel = funnel_of(msgspec.structs.replace(found, open=still), NOW - DAY, NOW)

    assert 0 <= funnel.open <= funnel.carts - funnel.orders
    assert funnel.abandonment is None or 0 <= funnel.abandonment <= 1
