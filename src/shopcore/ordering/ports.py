"""What orders need from a store."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from shopcore.kernel.ids import CartId, CustomerId, OrderId
from shopcore.kernel.paging import Position, Slice
from shopcore.ordering.model import Order, OrderStatus


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders a list shows; None asks for nothing. `email` is in its normal form.

    `is_unclaimed` asks for those without a customer, and goes with no `customer_id`; `refund_failed` for those of which
    a refund has failed, whatever came of it.
    """

    status: OrderStatus | None = None
    email: str | None = None
    customer_id: CustomerId | None = None
    is_unclaimed: bool = False
    refund_failed: bool = False


class Orders(Protocol):
    """Orders by id, by number and by the cart they came from. Contacts are stored sealed."""

    async def add(self, order: Order, token_hash: str) -> None:
        """Store a new order and the hash of the token that shows it to its guest.

        Raises `NumberTaken` if another order has the number, `CartOrdered` if the cart has an order already.
        """
        ...

    async def update(self, order_id: OrderId, change: Callable[[Order], Order]) -> Order:
        """Replace the order by what `change` makes of it, atomically, and count its version up.

        Raises `OrderNotFound`, or whatever `change` raises; then nothing changed. Two concurrent updates are both kept.
        A `change` that returns an equal order is a no-op.
        """
        ...

    async def get(self, order_id: OrderId) -> Order:
        """Raises `OrderNotFound`."""
        ...

    async def get_by_number(self, number: str) -> Order:
        """By its number, in any case, with or without the hyphen. Raises `OrderNotFound`."""
        ...

    async def find_by_cart(self, cart_id: CartId) -> Order | None:
        """The order that a cart became, if it did."""
        ...

    async def owned_by_token(self, order_id: OrderId, token_hash: str) -> bool:
        """Whether that is the hash of the order's token."""
        ...


class OrderList(Protocol):
    """Orders as staff and sweepers look for them."""

    async def page(self, wanted: OrderFilter, after: Position | None, limit: int) -> Slice[Order]:
        """Newest first. MAY be some seconds old, unless `wanted` names a customer or an address: then every order that
        was placed before MUST be there.
        """
        ...

    async def unpaid_since(self, now: datetime, limit: int) -> Sequence[tuple[OrderId, datetime]]:
        """Pending orders whose time to pay is over, oldest first, each with when it was over.

        MUST NOT read what is sealed of them: one that cannot be read keeps no others from being found.
        """
        ...
