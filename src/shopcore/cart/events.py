"""What happened to carts."""

from datetime import datetime

from shopcore.kernel.events import Event
from shopcore.kernel.ids import CartId


class ReminderWanted(Event, frozen=True, kw_only=True):
    """A customer wants to be reminded of a cart; `at` is when to look whether it is time."""

    cart_id: CartId


class CartOpened(Event, frozen=True, kw_only=True):
    """Somebody put something into a new cart."""

    cart_id: CartId


class CartMerged(Event, frozen=True, kw_only=True):
    """What was in a guest's cart is in that of a customer now; it was opened at `opened_at`, and is empty and over."""

    cart_id: CartId
    into_cart_id: CartId
    opened_at: datetime
