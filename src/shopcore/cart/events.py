"""What happened to carts."""

from shopcore.kernel.events import Event
from shopcore.kernel.ids import CartId


class ReminderWanted(Event, frozen=True, kw_only=True):
    """A customer wants to be reminded of a cart; `at` is when to look whether it is time."""

    cart_id: CartId


class CartOpened(Event, frozen=True, kw_only=True):
    """Somebody put something into a new cart."""

    cart_id: CartId
