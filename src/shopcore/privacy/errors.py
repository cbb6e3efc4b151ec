"""What privacy refuses."""

from shopcore.kernel.errors import Conflict


class OrdersUnderWay(Conflict):
    """Somebody who is forgotten cannot be delivered to: first their orders come to an end."""

    code = "orders_under_way"

    def __init__(self) -> None:
        super().__init__("there are orders that are not delivered or cancelled yet")
