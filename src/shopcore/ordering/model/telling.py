"""What becomes of an order, as it is told."""

from datetime import datetime
from typing import TypeVar

from shopcore.ordering.events import OrderAuthorized, OrderCancelled, OrderPaid
from shopcore.ordering.model.orders import Order

_Told = TypeVar("_Told", OrderPaid, OrderAuthorized, OrderCancelled)


def told(kind: type[_Told], order: Order, at: datetime) -> _Told:
    """What became of this order, with what whoever counts has to know of it."""
    return kind(at=at, order_id=order.id, cart_id=order.cart_id, placed_at=order.placed_at, total=order.totals.total)
