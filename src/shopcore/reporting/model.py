"""How carts become orders and orders are paid: journeys, and the funnel that they make."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import CartId, OrderId
from shopcore.kernel.instants import require_countable
from shopcore.kernel.money import Money

RETENTION = timedelta(days=800)
"""How long a journey is kept: two years can be compared, and a little more."""

USUAL = timedelta(days=30)
LONGEST = timedelta(days=400)
"""The span of a report, unless it is said, and at most."""


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """How far a cart has come. What is not known yet is None; nothing of it is personal."""

    cart_id: CartId
    opened_at: datetime
    order_id: OrderId | None = None
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    total: Money | None = None


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """The paid orders of a funnel in one currency."""

    orders: int
    total: Money


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The journeys of a span: how many there are, how many of them came that far, and what was paid."""

    carts: int = 0
    orders: int = 0
    paid: int = 0
    sales: tuple[Sales, ...] = ()


class Average(msgspec.Struct, frozen=True, kw_only=True):
    """The paid orders in one currency, what they come to, and what one of them does on average, halves up."""

    orders: int
    total: Money
    average: Money


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """Of the carts that were opened in a span, how many became orders, and how many of those were paid by now.

    Rates are shares of the carts, from 0 to 1, in ten-thousandths; None where no cart was opened.
    """

    since: datetime
    until: datetime
    carts: int
    orders: int
    paid: int
    conversion: float | None
    abandonment: float | None
    unpaid: float | None
    """The share of the orders that is not paid."""
    sales: tuple[Average, ...]


def span(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """What is reported on: up to now and the 30 days before, unless it is said. Raises `InvalidInput`."""
    require_countable(since=since, until=until)
    end = until or now
    start = since or end - USUAL
    if not start < end:
        raise InvalidInput.of("until", "empty_span", "must be after since")
    if end - start > LONGEST:
        raise InvalidInput.of("since", "long_span", f"must be at most {LONGEST.days} days before until")
    return start, end


def funnel_of(counts: Counts, since: datetime, until: datetime) -> Funnel:
    """What counts say."""
    return Funnel(
        since=since,
        until=until,
        carts=counts.carts,
        orders=counts.orders,
        paid=counts.paid,
        conversion=_share(counts.paid, counts.carts),
        abandonment=_share(counts.carts - counts.orders, counts.carts),
        unpaid=_share(counts.orders - counts.paid, counts.orders),
        sales=averages(counts.sales),
    )


def averages(sales: Sequence[Sales]) -> tuple[Average, ...]:
    """By currency, in their order."""
    return tuple(Average(orders=each.orders, total=each.total, average=_average(each)) for each in sales)


def _average(sales: Sales) -> Money:
    return Money((2 * sales.total.amount + sales.orders) // (2 * sales.orders), sales.total.currency)


def _share(part: int, whole: int) -> float | None:
    return None if whole == 0 else round(part / whole, 4)
