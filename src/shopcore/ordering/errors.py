"""What an order refuses."""

from shopcore.kernel.errors import Conflict, NotFound
from shopcore.kernel.money import Money

_DONE = {
    "pay": "paid",
    "ship": "shipped",
    "deliver": "delivered",
    "cancel": "cancelled",
    "expire": "let expire",
    "release": "made to wait again",
}


class OrderNotFound(NotFound):
    """No such order, or not yours."""

    code = "order_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such order")


class FulfillmentNotFound(NotFound):
    """The order has no such parcel."""

    code = "fulfillment_not_found"

    def __init__(self) -> None:
        super().__init__("the order has no such parcel")


class NotPaid(Conflict):
    """Goods leave only for money that is there: not for what is merely held, was let go, went back or is to go back, or
    is disputed.
    """

    code = "order_not_paid"

    def __init__(self, payment_status: str) -> None:
        super().__init__(f"an order whose payment is {payment_status} cannot be shipped: its money must be there first")


class TransitionRefused(Conflict):
    """The order's life has no such step from where it stands."""

    code = "transition_refused"

    def __init__(self, act: str, status: str) -> None:
        super().__init__(f"an order that is {status} cannot be {_DONE[act]}")
        self.act = act
        self.status = status


class NumberTaken(Conflict):
    """Another order has this number; take the next candidate."""

    code = "order_number_taken"

    def __init__(self) -> None:
        super().__init__("another order has this number")


class CartOrdered(Conflict):
    """The cart became an order already."""

    code = "cart_ordered"

    def __init__(self) -> None:
        super().__init__("the cart became an order already")


class NothingToRefund(Conflict):
    """More than what was paid and is not refunded yet; `left` is how much that is, where anything was asked for."""

    code = "refund_exceeds_paid"

    def __init__(self, left: Money | None = None) -> None:
        rest = "" if left is None else f": {left} is left" if left.amount > 0 else ": nothing is left"
        super().__init__(f"that is more than can still be refunded{rest}")
