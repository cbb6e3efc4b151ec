"""How carts become orders and orders are paid: journeys, and the funnel that they make."""

from collections.abc import Collection, Iterable, Sequence
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


IN_USE = timedelta(hours=1)
"""A cart that was touched less than that ago is not left: somebody is still shopping."""


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """How far a cart has come. What is not known yet is None; nothing of it is personal.

    `merged_into` is the cart that it went to, as when a guest signs in: it is no journey of its own then.
    """

    cart_id: CartId
    opened_at: datetime
    order_id: OrderId | None = None
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    total: Money | None = None
    merged_into: CartId | None = None


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """The paid orders of a funnel in one currency."""

    orders: int
    total: Money


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The journeys of a span: how many there are, how many of them came that far, and what was paid.

    `open` are those that somebody is still at: no order yet, and touched within the last hour.
    """

    carts: int = 0
    orders: int = 0
    paid: int = 0
    sales: tuple[Sales, ...] = ()
    open: int = 0


class Average(msgspec.Struct, frozen=True, kw_only=True):
    """The paid orders in one currency, what they come to, and what one of them does on average, halves up."""

    orders: int
    total: Money
    average: Money


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """Of the carts that were opened in a span, how many became orders, and how many of those were paid by now.

    Rates are shares of the carts, from 0 to 1, in ten-thousandths; None where no cart was opened. An order counts once
    it is paid, its money held, or it has ended. A cart without one is `open` until nobody has touched it for an hour,
    and only then abandoned; one that went into another at a sign-in is no cart of its own.
    """

    since: datetime
    until: datetime
    carts: int
    orders: int
    paid: int
    open: int
    conversion: float | None
    abandonment: float | None
    unpaid: float | None
    """The share of the orders that is not paid."""
    sales: tuple[Average, ...]


class Recounted(msgspec.Struct, frozen=True, kw_only=True):
    """A funnel that was counted from events, and how many of them tell too little to be counted."""

    funnel: Funnel
    left_out: int


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
    """What counts say. They are read one after the other, maybe at places of unlike age: a cart that only the later
    one knows is not open yet.
    """
    still_open = min(counts.open, counts.carts - counts.orders)
    return Funnel(
        since=since,
        until=until,
        carts=counts.carts,
        orders=counts.orders,
        paid=counts.paid,
        open=still_open,
        conversion=_share(counts.paid, counts.carts),
        abandonment=_share(counts.carts - counts.orders - still_open, counts.carts),
        unpaid=_share(counts.orders - counts.paid, counts.orders),
        sales=averages(counts.sales),
    )


def further(known: Journey | None, step: Journey) -> Journey:
    """A journey with one more thing that is known of it: the same whatever is told first, and however often."""
    if known is None:
        return step
    return Journey(
        cart_id=known.cart_id,
        opened_at=min(known.opened_at, step.opened_at),
        order_id=known.order_id or step.order_id,
        placed_at=_earlier(known.placed_at, step.placed_at),
        paid_at=_earlier(known.paid_at, step.paid_at),
        total=known.total or step.total,
        merged_into=known.merged_into or step.merged_into,
    )


def counted(
    journeys: Iterable[Journey], since: datetime, until: datetime, in_use: Collection[CartId] = frozenset()
) -> Counts:
    """What the store counts, of journeys at hand."""
    own = [each for each in journeys if each.merged_into is None and since <= each.opened_at < until]
    paid = [each for each in own if each.paid_at is not None and each.total is not None]
    return Counts(
        carts=len(own),
        orders=sum(each.placed_at is not None for each in own),
        paid=len(paid),
        sales=_sales(paid),
        open=sum(each.placed_at is None and each.cart_id in in_use for each in own),
    )


def _sales(paid: Sequence[Journey]) -> tuple[Sales, ...]:
    totals: dict[str, list[Money]] = {}
    for each in paid:
        if each.total is not None:
            totals.setdefault(each.total.currency, []).append(each.total)
    return tuple(
        Sales(orders=len(found), total=Money(sum(one.amount for one in found), currency))
        for currency, found in sorted(totals.items())
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def averages(sales: Sequence[Sales]) -> tuple[Average, ...]:
    """By currency, in their order."""
    return tuple(Average(orders=each.orders, total=each.total, average=_average(each)) for each in sales)


def _average(sales: Sales) -> Money:
    return Money((2 * sales.total.amount + sales.orders) // (2 * sales.orders), sales.total.currency)


def _share(part: int, whole: int) -> float | None:
    return None if whole == 0 else round(part / whole, 4)
