"""What the shop writes about orders."""

from shopcore.kernel.money import Money
from shopcore.notifications.errors import NoRecipient
from shopcore.notifications.model.draft import Draft
from shopcore.ordering.model import Order, OrderTotals


def order_confirmation(order: Order) -> Draft:
    """What a customer reads after paying: the number, the lines and where it goes. Raises `NoRecipient`."""
    if order.contact.email is None:
        raise NoRecipient
    return Draft(
        key=f"order-confirmation/{order.id}",
        to=order.contact.email,
        kind="order_confirmation",
        facts={
            "number": order.number,
            "lines": order.lines,
            "sums": _sums(order.totals),
            "destination": _destination(order),
        },
    )


def _sums(totals: OrderTotals) -> list[tuple[str, Money]]:
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


def _destination(order: Order) -> list[str]:
    address = order.contact.shipping_address
    if address is None:
        return []
    place = " ".join(part for part in (address.postal_code, address.city, address.region) if part)
    parts = (address.name, address.company, address.line1, address.line2, place, address.country)
    return [part for part in parts if part]
