"""The funnel, counted from events alone."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcore.cart.events import CartMerged, CartOpened
from shopcore.kernel.events import Event
from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.money import Money
from shopcore.operations.model import HappenedEvent, happened
from shopcore.operations.model.funnel import gather, says_too_little
from shopcore.ordering.events import OrderAuthorized, OrderCancelled, OrderPaid, OrderPlaced
from shopcore.reporting.model import Counts, Journey, Sales, counted
from shopcore.testing.clock import NEW_YEAR

pytestmark = pytest.mark.core

MINUTE = timedelta(minutes=1)
SPAN = NEW_YEAR, NEW_YEAR + timedelta(days=1)
_KINDS = (OrderAuthorized, OrderPaid, OrderCancelled)


def journeys_of(events: Iterable[HappenedEvent]) -> dict[CartId, Journey]:
    """All the ways that they tell of."""
    found: dict[CartId, Journey] = {}
    gather(found, events)
    return found


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Event], Counts]:
    """What happens in a day: some carts, some orders of them, some merged; and what it comes to."""
    events: list[Event] = []
    orders = paid = amount = gone = 0
    ends: list[Any] = draw(st.lists(st.sampled_from(("left", "merged", *_KINDS)), max_size=8))
    for number, end in enumerate(ends):
        cart_id, order_id, at = CartId(f"cart {number}"), OrderId(f"order {number}"), NEW_YEAR + number * MINUTE
        events.append(CartOpened(at=at, cart_id=cart_id))
        if end == "merged" and number > 0:
            gone += 1
            events.append(CartMerged(at=at + MINUTE, cart_id=cart_id, into_cart_id=CartId("cart 0"), opened_at=at))
        elif not isinstance(end, str):
            orders, total = orders + 1, Money(100 + number, "USD")
            events.append(OrderPlaced(at=at + MINUTE, order_id=order_id))
            told = end(at=at + 2 * MINUTE, order_id=order_id, cart_id=cart_id, placed_at=at + MINUTE, total=total)
            events.append(told)
            if end is not OrderCancelled:
                paid, amount = paid + 1, amount + total.amount
    sales = (Sales(orders=paid, total=Money(amount, "USD")),) if paid else ()
    return events, Counts(carts=len(ends) - gone, orders=orders, paid=paid, sales=sales)


@given(days(), st.randoms(use_true_random=False))
def test_events_come_to_the_same_in_any_order_and_again(day: tuple[list[Event], Counts], dice: random.Random) -> None:
    """The stream says no more than that each comes at least once."""
    events, wanted = day
    told = [happened(event, str(number)) for number, event in enumerate(events)]
    mixed = [*told, *told[::2]]
    dice.shuffle(mixed)

    assert counted(journeys_of(mixed).values(), *SPAN) == wanted


def test_the_earliest_opening_is_kept() -> None:
    """Of a cart that another one went into."""
    own = CartOpened(at=NEW_YEAR + MINUTE, cart_id=CartId("own"))
    merged = CartMerged(at=own.at, cart_id=CartId("guest"), into_cart_id=own.cart_id, opened_at=NEW_YEAR)
    found = journeys_of(happened(event, "e") for event in (own, merged))

    assert found[own.cart_id].opened_at == NEW_YEAR
    assert found[merged.cart_id].merged_into == own.cart_id
    assert counted(found.values(), *SPAN, in_use={own.cart_id, merged.cart_id}).open == 1


@pytest.mark.parametrize("name", ["order_paid", "order_authorized", "order_cancelled", "cart_merged", "cart_opened"])
def test_an_event_of_a_version_that_told_less_is_left_out(name: str) -> None:
    """Orders were told by their ids alone; streams are full of such events after an upgrade."""
    old = HappenedEvent(id="1", name=name, at=NEW_YEAR, figures={"order_id": "o1"})

    assert says_too_little(old)
    assert journeys_of([old]) == {}
    assert not says_too_little(HappenedEvent(id="2", name="order_placed", at=NEW_YEAR, figures={"order_id": "o1"}))
