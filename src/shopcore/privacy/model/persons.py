"""What is held on a customer, and how it is forgotten."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shopcore.cart.model import Cart, empty
from shopcore.identity.model import Account, Session
from shopcore.kernel.address import Contact
from shopcore.ordering.model import Order, OrderStatus

UNDER_WAY = (OrderStatus.PENDING, OrderStatus.PROCESSING, OrderStatus.SHIPPED)
"""An order that still needs to know whose it is."""


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is held on a customer (GDPR, article 15)."""

    account: Account
    sessions: Sequence[Session]
    orders: Sequence[Order]
    cart: Cart | None


def forget_buyer(order: Order) -> Order:
    """The order with its figures, and without anybody: names, addresses and e-mail are gone."""
    return msgspec.structs.replace(order, contact=Contact())


def abandon(cart: Cart, now: datetime) -> Cart:
    """The cart with nothing in it, and over."""
    return msgspec.structs.replace(empty(cart), expires_at=now)
