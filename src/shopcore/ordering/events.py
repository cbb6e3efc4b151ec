"""What happened to orders."""

from datetime import datetime

from shopcore.kernel.events import Event
from shopcore.kernel.ids import CartId, OrderId, RefundId
from shopcore.kernel.money import Money


class OrderPlaced(Event, frozen=True, kw_only=True):
    """A cart became an order; it is not paid yet."""

    order_id: OrderId


class OrderPaid(Event, frozen=True, kw_only=True):
    """The money is there; stock and confirmation follow."""

    order_id: OrderId
    cart_id: CartId
    placed_at: datetime
    total: Money


class OrderAuthorized(Event, frozen=True, kw_only=True):
    """The money is held, and the order goes on as if it were paid; it is taken before anything is shipped."""

    order_id: OrderId
    cart_id: CartId
    placed_at: datetime
    total: Money


class OrderCancelled(Event, frozen=True, kw_only=True):
    """The order ended before it was shipped; stock and money go back."""

    order_id: OrderId
    cart_id: CartId
    placed_at: datetime
    total: Money


class OrderShipped(Event, frozen=True, kw_only=True):
    """Everything was handed to a carrier."""

    order_id: OrderId


class OrderDelivered(Event, frozen=True, kw_only=True):
    """The carrier handed it over."""

    order_id: OrderId


class OrderRefunded(Event, frozen=True, kw_only=True):
    """Money went back to the customer."""

    order_id: OrderId
    refund_id: RefundId


class RefundCameBack(Event, frozen=True, kw_only=True):
    """Money that went back could not be delivered, and is the shop's again: the customer has to get it otherwise."""

    order_id: OrderId
    refund_id: RefundId


class RefundFailed(Event, frozen=True, kw_only=True):
    """The gateway does not give the money back: the customer has to get it otherwise, or later."""

    order_id: OrderId
    refund_id: RefundId


class RefundRequested(Event, frozen=True, kw_only=True):
    """Money is to go back; the gateway has not been asked yet."""

    order_id: OrderId
    refund_id: RefundId
