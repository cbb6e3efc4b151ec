"""What the shop writes about orders."""

from collections.abc import Sequence
from enum import StrEnum

from shopcore.kernel.money import Money
from shopcore.notifications.errors import NoRecipient
from shopcore.notifications.model.draft import Draft, Form
from shopcore.ordering.model import Order, OrderStatus, OrderTotals, PaymentStatus, was_released


class OrderNotice(StrEnum):
    """What is told of an order."""

    CONFIRMATION = "order_confirmation"
    PAYMENT_FAILED = "payment_failed"
    SHIPPED = "order_shipped"
    DELIVERED = "order_delivered"
    REFUNDED = "order_refunded"
    CANCELLED = "order_cancelled"


def order_mail(order: Order, notice: OrderNotice, subject: str = "", locale: str | None = None) -> Draft:
    """What a customer reads of their order. `subject` is what of the order it is about, such as a refund.

    The order's own language goes before `locale`. Raises `NoRecipient`.
    """
    if order.contact.email is None:
        raise NoRecipient
    name = notice.value.replace("_", "-")
    return Draft(
        key=f"{name}/{order.id}/{subject}" if subject else f"{name}/{order.id}",
        to=order.contact.email,
        kind=notice.value,
        form=Form.ORDER,
        locale=order.contact.locale or locale,
        phone=_phone(order) if notice is OrderNotice.PAYMENT_FAILED else None,
        facts={
            "number": order.number,
            "lines": () if notice in _BRIEF else order.lines,
            "sums": _sums(order.totals) if notice is OrderNotice.CONFIRMATION else [],
            "destination": _destination(order) if notice in _ON_THE_WAY else [],
            "details": _details(order, notice, subject),
            "amount": _amount(order, notice, subject),
            "until": order.expires_at.strftime("%Y-%m-%d %H:%M UTC"),
        },
    )


def still_holds(order: Order, notice: OrderNotice) -> bool:
    """Whether it is worth telling: that a payment failed, or was let go, is not, once another was tried or the order
    has ended.
    """
    if notice is not OrderNotice.PAYMENT_FAILED:
        return True
    has_failed = order.payment_status is PaymentStatus.FAILED or was_released(order)
    return order.status is OrderStatus.PENDING and has_failed


_BRIEF = {OrderNotice.PAYMENT_FAILED, OrderNotice.REFUNDED}
_ON_THE_WAY = {OrderNotice.CONFIRMATION, OrderNotice.SHIPPED}


def _phone(order: Order) -> str | None:
    """Of who pays: where the goods go to somebody else, the number there is that of who is to be surprised by them."""
    address = order.contact.billing_address or order.contact.shipping_address
    return None if address is None else address.phone


def _amount(order: Order, notice: OrderNotice, subject: str) -> Money:
    """What the mail is about, in money: a refund, or the order."""
    if notice is OrderNotice.REFUNDED:
        return next((refund.amount for refund in order.refunds if refund.id == subject), order.totals.total)
    return order.totals.total


def _details(order: Order, notice: OrderNotice, subject: str) -> Sequence[tuple[str, str]]:
    """Each by its name: who carries the parcels and how they are found, or why money goes back."""
    if notice is OrderNotice.REFUNDED:
        return [("reason", refund.reason) for refund in order.refunds if refund.id == subject and refund.reason]
    if notice is not OrderNotice.SHIPPED:
        return []
    parcels = ((("carrier", each.carrier), ("tracking", each.tracking_number)) for each in order.fulfillments)
    return [(name, value) for parcel in parcels for name, value in parcel if value]


def _sums(totals: OrderTotals) -> Sequence[tuple[str, Money]]:
    """Each figure by its name; those before the total sum to it."""
    added = totals.total - (totals.subtotal - totals.discount + totals.shipping)  # the rest of the tax is within
    within = totals.tax - added
    return [
        ("subtotal", totals.subtotal),
        *([("discount", -totals.discount)] if totals.discount.amount else []),
        ("shipping", totals.shipping),
        *([("tax", added)] if added.amount else []),
        ("total", totals.total),
        *([("tax_included", within)] if within.amount else []),
    ]


def _destination(order: Order) -> Sequence[str]:
    address = order.contact.shipping_address
    if address is None:
        return []
    place = " ".join(part for part in (address.postal_code, address.city, address.region) if part)
    parts = (address.name, address.company, address.line1, address.line2, place, address.country)
    return [part for part in parts if part]
