"""What a checkout asks of the processes beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shopcore.cart.model import Cart
from shopcore.kernel.actor import Actor
from shopcore.kernel.errors import FieldError
from shopcore.kernel.ids import OrderId
from shopcore.ordering.model import Order
from shopcore.payments.model import Payment, Report
from shopcore.pricing.model import Quote


class Priced(Protocol):
    """A cart with its money."""

    @property
    def quote(self) -> Quote:
        """What it costs now."""
        ...

    @property
    def missing(self) -> Sequence[FieldError]:
        """What it still needs before it can be ordered; empty when nothing."""
        ...


class Pricing(Protocol):
    """Says what a cart costs now."""

    async def __call__(self, cart: Cart) -> Priced:
        """Today's prices, stock, rules and coupons; nothing is written."""
        ...


class Settled(Protocol):
    """What a gateway's report came to."""

    @property
    def payment(self) -> Payment:
        """The payment as it is now."""
        ...

    @property
    def order(self) -> Order | None:
        """Its order as it is now; None where the report changed nothing about it."""
        ...


class CartOfBuyer(Protocol):
    """Finds the cart that an actor may order."""

    async def find(self, actor: Actor) -> Cart | None:
        """Their own, or the guest cart whose token they hold, ordered or not; None when there is none."""
        ...


class Settlement(Protocol):
    """Takes in what a gateway says, with all that follows from it."""

    async def __call__(self, report: Report, at: datetime, by: str) -> Settled:
        """MUST be called inside a unit of work; a report that says nothing new is a no-op."""
        ...


class OwnOrder(Protocol):
    """Finds an order that the actor may act on."""

    async def __call__(self, actor: Actor, order_id: OrderId, permission: str) -> Order:
        """Its buyer may, and staff with `permission`. Raises `OrderNotFound` for one that is absent or not theirs."""
        ...
