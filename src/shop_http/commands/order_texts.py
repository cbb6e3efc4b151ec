"""An order for people and for machines: in short without personal data, in full with it."""

from collections.abc import Iterator

from shop_http.commands.output import moment, print_table, say
from shopcore.kernel.address import Address
from shopcore.ordering.model import Order


def in_short(order: Order) -> dict[str, object]:
    """What may be shown to whoever looks at a list."""
    return {
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "payment_status": order.payment_status,
        "placed_at": order.placed_at,
        "items": sum(line.quantity for line in order.lines),
        "total": order.totals.total,
        "refunds": [
            {"id": refund.id, "amount": refund.amount, "status": refund.status, "restock": refund.restock}
            for refund in order.refunds
        ],
        "version": order.version,
    }


def in_full(order: Order) -> dict[str, object]:
    """As the HTTP interface shows it to whoever placed it."""
    return {
        **in_short(order),
        "email": order.contact.email,
        "shipping_address": order.contact.shipping_address,
        "billing_address": order.contact.billing_address,
        "shipping_method": order.shipping_method,
        "lines": order.lines,
        "totals": order.totals,
        "fulfillments": order.fulfillments,
        "refunds": order.refunds,
        "timeline": order.timeline,
    }


def print_order(order: Order) -> None:
    """One order on a page."""
    for name, value in _head(order):
        say(f"{name:<14}{value}")
    lines = [(line.sku, line.title, line.quantity, line.unit_price, line.line_total) for line in order.lines]
    print_table(("SKU", "Title", "Quantity", "Price", "Total"), lines)
    for name in order.totals.__struct_fields__:
        say(f"{name.capitalize():<14}{getattr(order.totals, name)}")
    if order.fulfillments:
        parcels = [
            (moment(parcel.shipped_at), parcel.carrier, parcel.tracking_number, moment(parcel.delivered_at))
            for parcel in order.fulfillments
        ]
        print_table(("Shipped at", "Carrier", "Tracking", "Delivered at"), parcels)
    if order.refunds:
        refunds = [(moment(each.requested_at), each.amount, each.status, each.reason) for each in order.refunds]
        print_table(("Refund asked at", "Amount", "Status", "Reason"), refunds)
    print_table(
        ("At", "Event", "By", "Note"), [(moment(each.at), each.event, each.by, each.note) for each in order.timeline]
    )


def _head(order: Order) -> Iterator[tuple[str, object]]:
    yield "Number", order.number
    yield "Id", order.id
    yield "Status", order.status
    yield "Payment", order.payment_status
    yield "Placed at", moment(order.placed_at)
    yield "E-mail", order.contact.email
    yield "Ship to", _one_line(order.contact.shipping_address)
    yield "Bill to", _one_line(order.contact.billing_address or order.contact.shipping_address)
    yield "Ship by", order.shipping_method or ""


def _one_line(address: Address | None) -> str:
    if address is None:
        return ""
    parts = (
        address.name,
        address.company,
        address.line1,
        address.line2,
        " ".join(filter(None, (address.postal_code, address.city))),
        address.region,
        address.country,
        address.phone,
    )
    return ", ".join(filter(None, parts))
