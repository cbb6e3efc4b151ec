"""An order and its life: a transition table over a closed set of states."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.kernel.address import Contact
from shopcore.kernel.ids import CartId, CustomerId, FulfillmentId, OrderId, PaymentId, RefundId, Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.ordering.errors import FulfillmentNotFound, NotPaid, TransitionRefused

UNPAID_LIFETIME = timedelta(hours=1)
"""How long an order waits for its payment before it expires."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class PaymentStatus(StrEnum):
    """Where an order's money stands: until there is any what its attempt to pay says, and then what the ledger has."""

    UNPAID = "unpaid"
    AUTHORIZED = "authorized"
    PAID = "paid"
    FAILED = "failed"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class Act(StrEnum):
    """What can be done to an order."""

    PAY = "pay"
    SHIP = "ship"
    DELIVER = "deliver"
    CANCEL = "cancel"
    EXPIRE = "expire"
    RELEASE = "release"


TRANSITIONS: Mapping[tuple[OrderStatus, Act], OrderStatus] = MappingProxyType(
    {
        (OrderStatus.PENDING, Act.PAY): OrderStatus.PROCESSING,
        (OrderStatus.PENDING, Act.CANCEL): OrderStatus.CANCELLED,
        (OrderStatus.PENDING, Act.EXPIRE): OrderStatus.CANCELLED,
        (OrderStatus.PROCESSING, Act.SHIP): OrderStatus.SHIPPED,
        (OrderStatus.PROCESSING, Act.CANCEL): OrderStatus.CANCELLED,
        (OrderStatus.PROCESSING, Act.RELEASE): OrderStatus.PENDING,
        (OrderStatus.SHIPPED, Act.DELIVER): OrderStatus.DELIVERED,
    }
)
"""The whole life of an order. What is not here is refused; the documentation draws it from here."""


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was bought, as it was called and priced then."""

    variant_id: VariantId
    sku: Sku
    title: str
    quantity: int
    unit_price: Money
    line_total: Money


class OrderTotals(msgspec.Struct, frozen=True, kw_only=True):
    """subtotal - discount + shipping + tax = total, where prices do not include the tax; else tax is within."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


class Fulfillment(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel on its way."""

    id: FulfillmentId
    shipped_at: datetime
    carrier: str | None = None
    tracking_number: str | None = None
    delivered_at: datetime | None = None


class RefundStatus(StrEnum):
    """A refund is asked for, then the gateway carries it out or refuses."""

    REQUESTED = "requested"
    DONE = "done"
    FAILED = "failed"


class RefundLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one thing that money goes back for."""

    variant_id: VariantId
    sku: Sku
    quantity: int


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way back: of what pays the order, or all of what a second `attempt` took for it.

    `restock` says that its `lines` came back, or all goods of the order where it has none. `failure` is the gateway's
    word for why it failed, and `RETURNED` where the money had gone already. `instead_of` is the failed one for which it
    was asked for, all of it or what was missing: it stands for that part from then on.
    """

    id: RefundId
    payment_id: PaymentId
    amount: Money
    reason: str
    requested_at: datetime
    restock: bool = False
    attempt: int | None = None
    lines: tuple[RefundLine, ...] = ()
    status: RefundStatus = RefundStatus.REQUESTED
    failure: str | None = None
    failed_at: datetime | None = None
    instead_of: RefundId | None = None


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, for the customer and the merchant to read."""

    at: datetime
    event: str
    by: str
    note: str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed. `explanation` is the encoded quote: its inputs and every step, so it can be computed again."""

    id: OrderId
    number: str
    cart_id: CartId
    placed_at: datetime
    expires_at: datetime
    lines: tuple[OrderLine, ...]
    totals: OrderTotals
    explanation: msgspec.Raw
    contact: Contact
    shipping_method: str | None = None
    customer_id: CustomerId | None = None
    status: OrderStatus = OrderStatus.PENDING
    payment_status: PaymentStatus = PaymentStatus.UNPAID
    fulfillments: tuple[Fulfillment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    version: int = 1


def number_of(order_id: OrderId, candidate: int) -> str:
    """A short number such as `7K2M-9QXT`, from the id alone; `candidate` counts up when one is taken.

    40 bits in Crockford's base 32. Derived rather than counted: no two checkouts wait for one counter.
    """
    digest = int.from_bytes(hashlib.blake2b(f"{order_id}/{candidate}".encode(), digest_size=5).digest(), "big")
    digits = "".join(_ALPHABET[digest >> shift & 31] for shift in range(35, -1, -5))
    return f"{digits[:4]}-{digits[4:]}"


def claim(order: Order, customer_id: CustomerId) -> Order:
    """The order that a guest placed is a customer's; one that has a customer keeps them."""
    return order if order.customer_id is not None else msgspec.structs.replace(order, customer_id=customer_id)


def allowed_acts(status: OrderStatus) -> tuple[Act, ...]:
    """What can be done from there."""
    return tuple(act for (start, act) in TRANSITIONS if start is status)


def note(order: Order, event: str, *, at: datetime, by: str, text: str | None = None) -> Order:
    """Add a line to the timeline."""
    entry = TimelineEntry(at=at, event=event, by=by, note=text)
    return msgspec.structs.replace(order, timeline=(*order.timeline, entry))


def step(order: Order, act: Act, event: str, at: datetime, by: str, text: str | None = None) -> Order:
    """Move on, with a line in the timeline. Raises `TransitionRefused` where the table does not have it."""
    status = TRANSITIONS.get((order.status, act))
    if status is None:
        raise TransitionRefused(act.value, order.status.value)
    return note(msgspec.structs.replace(order, status=status), event, at=at, by=by, text=text)


def wait_until(order: Order, until: datetime) -> Order:
    """It waits so long for its money, if it did not do so anyway."""
    return msgspec.structs.replace(order, expires_at=max(order.expires_at, until))


def annotate(order: Order, text: str, at: datetime, by: str) -> Order:
    """Write down what staff have to say about it."""
    return note(order, "note", at=at, by=by, text=text)


def cancel(order: Order, at: datetime, by: str, reason: str | None = None) -> Order:
    """End it before it ships. Raises `TransitionRefused` from shipped on."""
    return step(order, Act.CANCEL, "cancelled", at, by, reason)


def expire(order: Order, at: datetime, by: str) -> Order:
    """End it because nobody paid. Raises `TransitionRefused` unless it is pending."""
    return step(order, Act.EXPIRE, "expired", at, by)


def ship(order: Order, parcel: Fulfillment, by: str, *, pays_at_door: bool = False) -> Order:
    """Hand everything to a carrier. Raises `TransitionRefused` where it is not to be shipped any more, or `NotPaid`,
    unless the carrier is to bring the money.
    """
    shipped = step(order, Act.SHIP, "shipped", parcel.shipped_at, by, parcel.tracking_number)
    unpaid = {PaymentStatus.UNPAID, PaymentStatus.AUTHORIZED, PaymentStatus.FAILED}
    if order.payment_status in unpaid and not pays_at_door:
        raise NotPaid(order.payment_status.value)
    return msgspec.structs.replace(shipped, fulfillments=(*order.fulfillments, parcel))


def deliver(order: Order, at: datetime, by: str, parcel_id: FulfillmentId | None = None) -> Order:
    """The parcels have arrived, or the one that is named. Raises `FulfillmentNotFound`, or `TransitionRefused` unless
    it is shipped.
    """
    if parcel_id is not None and all(parcel.id != parcel_id for parcel in order.fulfillments):
        raise FulfillmentNotFound
    delivered = step(order, Act.DELIVER, "delivered", at, by)
    parcels = tuple(msgspec.structs.replace(parcel, delivered_at=at) for parcel in order.fulfillments)
    return msgspec.structs.replace(delivered, fulfillments=parcels)
