"""What lies where is summed on from the last sum, and is what summing all of it comes to."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted import caught

from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.payments.model import (
    EVER,
    SETTLED,
    Account,
    JournalEntry,
    Summed,
    Total,
    entry,
    less_at_once,
    merged,
    next_span,
    summed_up,
    totals_of,
    with_late,
)

HOUR = timedelta(hours=1)
START = EVER + timedelta(days=55 * 365 + 3)
Late: TypeAlias = Callable[[Summed, Sequence[JournalEntry]], Summed]
Act: TypeAlias = tuple[str, int]

ACTS = st.lists(st.tuples(st.sampled_from(("sale", "fee", "sum", "less", "wait")), st.integers(0, 400)), max_size=25)


def is_what_all_comes_to(late: Late, acts: list[Act]) -> None:
    """Entries of now, fees of any time ago, and sums taken in between."""
    now, books, summed = START, list[JournalEntry](), Summed()

    def between(span: tuple[object, object]) -> tuple[Total, ...]:
        return totals_of([one for one in books if span[0] <= one.at < span[1]])  # type: ignore[operator]

    for number, (act, size) in enumerate(acts):
        now += HOUR
        match act:
            case "sale":
                books.append(_entry(f"sale/{number}", now, Account.REVENUE, size, None))
            case "fee":
                fee = _entry(f"fee/{number}", max(now - size * HOUR, EVER), Account.FEE, size + 1, f"bank-{size % 2}")
                books.append(fee)
                summed = late(summed, [fee])
            case "sum" if (span := next_span(summed, now)) is not None:
                summed = summed_up(summed, between(span), span[1])
            case "less":
                summed = less_at_once(summed)
            case _:
                now += size * HOUR
        assert summed.until <= max(now - SETTLED, EVER)
        assert merged(summed.totals, between((summed.until, now + HOUR))) == totals_of(books)


def _entry(key: str, at: object, account: Account, cents: int, gateway: str | None) -> JournalEntry:
    sides = [(account, Money(cents, "USD")), (Account.CLEARING, Money(-cents, "USD"))]
    return entry(key, at, OrderId("order"), None, sides, gateway)  # type: ignore[arg-type]


@given(ACTS)
def test_sums_that_are_gone_on_with_are_what_all_comes_to(acts: list[Act]) -> None:
    """Whatever is posted late, and however much is summed up at once."""
    is_what_all_comes_to(with_late, acts)


def _forgets_it(summed: Summed, _late: Sequence[JournalEntry]) -> Summed:
    return summed


def _adds_what_is_not_summed_up(summed: Summed, late: Sequence[JournalEntry]) -> Summed:
    return with_late(summed, [_entry(one.key, summed.until - HOUR, Account.FEE, 7, one.gateway) for one in late])


@pytest.mark.parametrize("planted", [_forgets_it, _adds_what_is_not_summed_up])
def test_a_fee_that_is_posted_late_and_is_not_counted_once_is_noticed(planted: Late) -> None:
    caught(partial(is_what_all_comes_to, planted), ACTS)


def test_a_shop_of_years_is_summed_up_in_steps_that_fit_what_is_in_them() -> None:
    """Few where nothing is, a day at once where something is, and less where that is too much."""
    now = EVER + timedelta(days=57 * 365)
    summed, steps = Summed(), 0
    while (span := next_span(summed, now)) is not None:
        summed, steps = summed_up(summed, (), span[1]), steps + 1
    busy = summed_up(summed, [Total(account=Account.FEE, gateway=None, amount=Money(1, "USD"))], now)
    least = busy
    for _ in range(20):
        least = less_at_once(least)

    assert steps < 30
    assert busy.step_seconds == 24 * 3_600
    assert (less_at_once(busy).step_seconds, least.step_seconds) == (6 * 3_600, 1)
