"""What is held on a customer, and how it is forgotten."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.cart.model import Cart, empty
from shopcore.identity.model import Account, Session
from shopcore.kernel.actor import Guest, name_of
from shopcore.kernel.address import Contact
from shopcore.messages.model import StockWatch
from shopcore.oauth.model import Consent
from shopcore.ordering.model import Order, OrderStatus, PaymentStatus
from shopcore.payments.model import Payment, Wallet

RECENT = timedelta(hours=1)
"""How old a sign-in may be: what shows all of somebody or cannot be undone needs more than a device left open."""

UNDER_WAY = (OrderStatus.PENDING, OrderStatus.PROCESSING, OrderStatus.SHIPPED)
"""An order that still needs to know whose it is."""

_GUEST = name_of(Guest())
_NO_MONEY = {PaymentStatus.UNPAID, PaymentStatus.FAILED}


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is held on a customer (GDPR, article 15)."""

    account: Account
    sessions: Sequence[Session]
    orders: Sequence[Order]
    payments: Sequence[Payment]
    cart: Cart | None
    consents: Sequence[Consent] = ()
    wallets: Sequence[Wallet] = ()
    watches: Sequence[StockWatch] = ()


def is_waited_for(order: Order) -> bool:
    """Whether somebody waits for it who is known to be the customer: it is under way, and paid or ordered signed in.

    Anybody can order signed out with anybody's address, and not pay: that keeps nobody from being forgotten.
    """
    by = order.timeline[0].by if order.timeline else ""
    return order.status in UNDER_WAY and (order.payment_status not in _NO_MONEY or by != _GUEST)


FORGOTTEN = "forgotten"
"""In the place of words that somebody was free to choose."""


def forget_buyer(order: Order) -> Order:
    """The order with its figures, and without anybody: names, addresses, e-mail and what they said are gone, and the
    number by which a carrier finds their door. One that is under way stays: it could not be sent.
    """
    if order.status in UNDER_WAY:
        return order
    return msgspec.structs.replace(
        order,
        contact=Contact(),
        fulfillments=tuple(msgspec.structs.replace(parcel, tracking_number=None) for parcel in order.fulfillments),
        timeline=tuple(msgspec.structs.replace(entry, note=None) for entry in order.timeline),
        refunds=tuple(msgspec.structs.replace(refund, reason=FORGOTTEN) for refund in order.refunds),
    )


def forget_payer(payment: Payment) -> Payment:
    """The payment without what only its buyer may know, and without where they came from."""
    return msgspec.structs.replace(payment, return_url=None, client_secret=None, next_action=None, wallet=None)


def abandon(cart: Cart, now: datetime) -> Cart:
    """The cart with nothing in it, and over."""
    return msgspec.structs.replace(empty(cart), expires_at=now)
