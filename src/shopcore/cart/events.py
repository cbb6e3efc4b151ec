"""What happened to carts."""

from shopcore.kernel.events import Event
from shopcore.kernel.ids import CartId


class CartOpened(Event, frozen=True, kw_only=True):
    """Somebody put something into a new cart."""

    cart_id: CartId
