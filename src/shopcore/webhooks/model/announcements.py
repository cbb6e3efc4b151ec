"""What happened to an order, as other systems are told: each step of its timeline, numbered from 1 without a gap."""

from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money

RETENTION = timedelta(days=90)
"""How long events and their deliveries can be looked up and sent again."""

EVENT_TYPES = tuple(
    f"order.{step}"
    for step in (
        "placed",
        "payment_authorized",
        "payment_failed",
        "payment_retried",
        "payment_released",
        "paid",
        "shipped",
        "delivered",
        "cancelled",
        "expired",
        "refund_requested",
        "refunded",
        "refund_failed",
        "refund_came_back",
        "disputed",
        "dispute_won",
        "dispute_lost",
        "note",
    )
)
"""What an endpoint can choose from; full stops between the parts, as Standard Webhooks recommends."""


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `place` is where it stands in the log of all of them, `sequence` in the life of its order.

    The texts of a timeline are not in it: staff and customers may have written anything there.
    """

    id: str
    place: str
    type: str
    at: datetime
    order_id: OrderId
    order_number: str
    sequence: int
    total: Money


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    order_id: OrderId
    order_number: str
    sequence: int
    total: Money


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    timestamp: datetime
    data: _Data


def event_id(order_id: OrderId, sequence: int) -> str:
    """The same however often the event is told. It has no full stop in it, as Standard Webhooks demands."""
    return f"evt_{order_id}_{sequence}"


def type_of(step: str) -> str:
    """What a step of an order's timeline is called outside."""
    return f"order.{step}"


def body_of(event: Announcement) -> bytes:
    """The payload, the same bytes each time: what happened to which order; the rest is asked for by its id."""
    data = _Data(order_id=event.order_id, order_number=event.order_number, sequence=event.sequence, total=event.total)
    return msgspec.json.encode(_Body(id=event.id, type=event.type, timestamp=event.at, data=data))
