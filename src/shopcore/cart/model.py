"""A cart holds intent: which variants, how many, where to, with which coupons. It holds no money."""

from datetime import datetime, timedelta

import msgspec

from shopcore.cart.errors import CartChanged, InvalidQuantity, LineNotFound, TooManyLines
from shopcore.kernel.address import Contact
from shopcore.kernel.ids import CartId, CustomerId, VariantId

MAX_QUANTITY = 1_000
MAX_LINES = 100
MAX_COUPONS = 5
LIFETIME = timedelta(days=30)
"""After its last write; then it is forgotten."""


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one variant; `id` is the variant's, since a cart names each variant once."""

    variant_id: VariantId
    quantity: int


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """One person's intent. `contact` is personal and stored sealed. `version` counts the writes.

    `ordered`: it is over, for an order came of it, or it went into another cart.
    """

    id: CartId
    currency: str
    created_at: datetime
    expires_at: datetime
    customer_id: CustomerId | None = None
    lines: tuple[CartLine, ...] = ()
    coupon_codes: tuple[str, ...] = ()
    shipping_method: str | None = None
    contact: Contact = Contact()
    remind: bool = False
    """Whether its customer wants to be reminded of it by mail."""
    ordered: bool = False
    version: int = 1


def open_cart(cart_id: CartId, currency: str, now: datetime) -> Cart:
    """A new, empty cart of whoever holds its token."""
    return Cart(id=cart_id, currency=currency, created_at=now, expires_at=now + LIFETIME)


def give(cart: Cart, customer_id: CustomerId, email: str | None = None) -> Cart:
    """A guest's cart becomes a customer's: its token opens it no more. `email` is theirs, where mails go from now on.

    Where a guest said another address, it is somebody else's, who was at the machine before: what they said of
    themselves stays with nobody.
    """
    contact = msgspec.structs.replace(_said_by(email, cart.contact), email=email or cart.contact.email)
    return msgspec.structs.replace(cart, customer_id=customer_id, contact=contact)


def _said_by(email: str | None, contact: Contact) -> Contact:
    is_theirs = email is None or contact.email in {None, email}
    return contact if is_theirs else Contact(locale=contact.locale)


def merge(cart: Cart, other: Cart, email: str | None = None) -> Cart:
    """The cart with what another one holds: quantities add up, to the limits of a cart; its own choices stand.

    What the other one says of somebody with another address than `email`, the customer's, is left.
    """
    for line in other.lines:
        together = min(quantity_of(cart, line.variant_id) + line.quantity, MAX_QUANTITY)
        if quantity_of(cart, line.variant_id) or len(cart.lines) < MAX_LINES:
            cart = _with_quantity(cart, line.variant_id, together)
    mine, theirs = cart.contact, _said_by(email, other.contact)
    codes = [*(code for code in other.coupon_codes if code not in cart.coupon_codes), *cart.coupon_codes]
    return msgspec.structs.replace(
        cart,
        coupon_codes=tuple(codes[-MAX_COUPONS:]),
        shipping_method=cart.shipping_method or other.shipping_method,
        contact=Contact(
            email=mine.email or theirs.email,
            shipping_address=mine.shipping_address or theirs.shipping_address,
            billing_address=mine.billing_address or theirs.billing_address,
            locale=mine.locale or theirs.locale,
        ),
    )


def empty(cart: Cart) -> Cart:
    """The cart with nothing in it, and nothing personal."""
    return msgspec.structs.replace(
        cart, lines=(), coupon_codes=(), shipping_method=None, contact=Contact(), remind=False
    )


def close(cart: Cart) -> Cart:
    """The cart, empty and over: its token opens nothing any more."""
    return msgspec.structs.replace(empty(cart), ordered=True)


def quantity_of(cart: Cart, variant_id: VariantId) -> int:
    """How many of that variant it holds; 0 when none."""
    return sum(line.quantity for line in cart.lines if line.variant_id == variant_id)


def add_item(cart: Cart, variant_id: VariantId, quantity: int) -> Cart:
    """Add to what is there. Raises `InvalidQuantity` or `TooManyLines`."""
    if quantity < 1:
        raise InvalidQuantity(MAX_QUANTITY)
    return _with_quantity(cart, variant_id, quantity_of(cart, variant_id) + quantity)


def set_quantity(cart: Cart, variant_id: VariantId, quantity: int) -> Cart:
    """Set a line's quantity; 0 removes it. Raises `LineNotFound` when it is not there, or `InvalidQuantity`."""
    if not quantity_of(cart, variant_id):
        raise LineNotFound
    if quantity == 0:
        lines = tuple(line for line in cart.lines if line.variant_id != variant_id)
        return msgspec.structs.replace(cart, lines=lines)
    return _with_quantity(cart, variant_id, quantity)


def _with_quantity(cart: Cart, variant_id: VariantId, quantity: int) -> Cart:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidQuantity(MAX_QUANTITY)
    changed = CartLine(variant_id=variant_id, quantity=quantity)
    if quantity_of(cart, variant_id):
        lines = tuple(changed if line.variant_id == variant_id else line for line in cart.lines)
    elif len(cart.lines) >= MAX_LINES:
        raise TooManyLines(MAX_LINES)
    else:
        lines = (*cart.lines, changed)
    return msgspec.structs.replace(cart, lines=lines)


def apply_coupon(cart: Cart, code: str) -> Cart:
    """Remember a coupon code, in upper case, once; beyond five the oldest goes."""
    codes = [known for known in cart.coupon_codes if known != code.upper()]
    return msgspec.structs.replace(cart, coupon_codes=(*codes, code.upper())[-MAX_COUPONS:])


def remove_coupon(cart: Cart, code: str) -> Cart:
    """Forget a coupon code; a no-op when it is not there."""
    return msgspec.structs.replace(
        cart, coupon_codes=tuple(known for known in cart.coupon_codes if known != code.upper())
    )


def touch(cart: Cart, now: datetime) -> Cart:
    """Every write gives the cart its whole lifetime again."""
    return msgspec.structs.replace(cart, expires_at=now + LIFETIME)


def untouched_since(cart: Cart) -> datetime:
    """When it was last written to."""
    return cart.expires_at - LIFETIME


def awaits_reminder(cart: Cart) -> bool:
    """Whether its customer wants to hear of what is still in it."""
    return cart.remind and cart.customer_id is not None and bool(cart.lines) and not cart.ordered


def require_version(cart: Cart, version: int | None) -> Cart:
    """The cart itself, or `CartChanged` if the writer has seen another version. None asks for nothing."""
    if version is not None and cart.version != version:
        raise CartChanged
    return cart
