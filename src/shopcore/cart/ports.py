"""What carts need from a store."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from shopcore.cart.model import Cart
from shopcore.kernel.ids import CartId, CustomerId


class Carts(Protocol):
    """Carts by id, by the hash of their secret token, and by their customer. Contacts are stored sealed.

    A customer has one cart that is not ordered: what would give them a second one raises `CustomerHasCart`.
    """

    async def add(self, cart: Cart, token_hash: str) -> None:
        """Store a new cart under the hash of its token."""
        ...

    async def update(self, cart_id: CartId, change: Callable[[Cart], Cart]) -> Cart:
        """Replace the cart by what `change` makes of it, atomically, and count its version up.

        Raises `CartNotFound`, or whatever `change` raises; then nothing changed. Two concurrent updates are both kept:
        the second sees what the first wrote. A `change` that returns an equal cart is a no-op.
        """
        ...

    async def replace(self, cart: Cart) -> None:
        """Store `cart` in place of the one that its version names, and count that up: a compare-and-swap.

        Raises `CartChanged` where another writer came between, `CartNotFound` where it is gone; then nothing changed.
        """
        ...

    async def get(self, cart_id: CartId) -> Cart:
        """Raises `CartNotFound`."""
        ...

    async def find_by_token(self, token_hash: str) -> Cart | None:
        """The cart of that token, ordered or not; None when unknown."""
        ...

    async def find_by_customer(self, customer_id: CustomerId) -> Cart | None:
        """The customer's cart that is not ordered; None when there is none."""
        ...

    async def touched(self, since: datetime) -> Sequence[CartId]:
        """Those that got their lifetime anew from then on, ordered or not, in any order. May be some seconds old."""
        ...

    async def remove_expired(self, now: datetime, limit: int) -> Sequence[CartId]:
        """Forget at most so many carts whose time is over, with everything personal in them, those that were over first
        before others; answers which, in any order.
        """
        ...
