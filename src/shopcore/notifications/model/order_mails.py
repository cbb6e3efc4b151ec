"""What the shop writes about orders."""

from shopcore.notifications.errors import NoRecipient
from shopcore.notifications.model.message import Message
from shopcore.ordering.model import Order


def order_confirmation(order: Order, sender: str) -> Message:
    """What a customer reads after paying: the number, the lines and where it goes. Raises `NoRecipient`."""
    contact = order.contact
    if contact.email is None:
        raise NoRecipient
    return Message(
        key=f"order-confirmation/{order.id}",
        to=contact.email,
        sender=sender,
        subject=f"Your order {order.number}",
        text="\n".join((f"Thank you for your order {order.number}.", "", *_lines(order), "", *_destination(order), "")),
    )


def _lines(order: Order) -> list[str]:
    totals = order.totals
    added = totals.total - (totals.subtotal - totals.discount + totals.shipping)  # the rest of the tax is within
    within = totals.tax - added
    return [
        *(f"{line.quantity} x {line.title} ({line.sku}): {line.line_total}" for line in order.lines),
        "",
        f"Subtotal: {totals.subtotal}",
        *([f"Discount: {-totals.discount}"] if totals.discount.amount else []),
        f"Shipping: {totals.shipping}",
        *([f"Tax: {added}"] if added.amount else []),
        f"Total: {totals.total}",
        *([f"Tax included: {within}"] if within.amount else []),
    ]


def _destination(order: Order) -> list[str]:
    address = order.contact.shipping_address
    if address is None:
        return []
    place = " ".join(part for part in (address.postal_code, address.city, address.region) if part)
    parts = (address.name, address.company, address.line1, address.line2, place, address.country)
    return ["It goes to:", *(part for part in parts if part)]
