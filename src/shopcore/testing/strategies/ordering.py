"""Strategies for orders: placed ones, and ones that have lived through any acts the table allows."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from hypothesis import strategies as st

from shopcore.kernel.ids import CartId, CustomerId, FulfillmentId, OrderId, PaymentId, RefundId, Sku, VariantId
from shopcore.kernel.money import Money
from shopcore.ordering.model import (
    UNPAID_LIFETIME,
    Act,
    Fulfillment,
    Order,
    OrderLine,
    OrderStatus,
    OrderTotals,
    Refund,
    allowed_acts,
    book,
    cancel,
    deliver,
    expire,
    note,
    number_of,
    pay,
    release,
    ship,
)
from shopcore.testing.strategies.cart import contacts
from shopcore.testing.strategies.kernel import currencies, ids, instants

BY = "staff:somebody"


def paid(order: Order, at: datetime) -> Order:
    """All of it was taken, and is in the books."""
    total = order.totals.total
    return book(pay(order, at, BY), taken=total, gone=Money.zero(total.currency))


ACTS: dict[Act, Callable[[Order, datetime], Order]] = {
    Act.PAY: paid,
    Act.SHIP: lambda order, at: ship(order, parcel(at), BY),
    Act.DELIVER: lambda order, at: deliver(order, at, BY),
    Act.CANCEL: lambda order, at: cancel(order, at, BY),
    Act.EXPIRE: lambda order, at: expire(order, at, BY),
    Act.RELEASE: lambda order, at: release(order, at, BY),
}
"""Each act as a function of an order and a time alone."""


def parcel(at: datetime) -> Fulfillment:
    """A parcel that was handed over then."""
    return Fulfillment(id=FulfillmentId(f"parcel-{at.isoformat()}"), shipped_at=at, tracking_number="1Z999")


def order_lines(currency: str) -> st.SearchStrategy[OrderLine]:
    """One line; its total is its price times its quantity."""

    def build(name: str, unit_price: int, quantity: int) -> OrderLine:
        price = Money(unit_price, currency)
        return OrderLine(
            variant_id=VariantId(f"variant-{name}"),
            sku=Sku(name.upper()),
            title=name,
            quantity=quantity,
            unit_price=price,
            line_total=price * quantity,
        )

    names = st.sampled_from(("shirt", "café crème", "帽子", "x" * 40))
    return st.builds(build, names, st.integers(0, 10**6), st.integers(1, 20))


@st.composite
def totals(draw: st.DrawFn, subtotal: Money) -> OrderTotals:
    """Totals that add up, with tax on top."""
    currency = subtotal.currency
    discount = Money(draw(st.integers(0, subtotal.amount)), currency)
    shipping, tax = (Money(draw(st.integers(0, 10**5)), currency) for _ in range(2))
    return OrderTotals(
        subtotal=subtotal, discount=discount, shipping=shipping, tax=tax, total=subtotal - discount + shipping + tax
    )


@st.composite
def placed_orders(draw: st.DrawFn) -> Order:
    """An order as checkout places it: pending and unpaid."""
    currency, order_id, at = draw(currencies()), OrderId(draw(ids())), draw(instants())
    lines = draw(st.lists(order_lines(currency), min_size=1, max_size=3).map(tuple))
    subtotal = Money(sum(line.line_total.amount for line in lines), currency)
    order = Order(
        id=order_id,
        number=number_of(order_id, draw(st.integers(0, 3))),
        cart_id=CartId(f"cart of {order_id}"),
        customer_id=draw(st.sampled_from((None, CustomerId("customer-1")))),
        placed_at=at,
        expires_at=at + UNPAID_LIFETIME,
        lines=lines,
        totals=draw(totals(subtotal)),
        explanation=msgspec.Raw(msgspec.json.encode({"total": subtotal})),
        contact=draw(contacts()),
        shipping_method=draw(st.sampled_from((None, "standard"))),
    )
    return note(order, "placed", at=at, by="guest")


@st.composite
def orders(draw: st.DrawFn, *, status: OrderStatus | None = None) -> Order:
    """An order after some acts that were allowed; with `status`, one that stands there."""
    order = draw(placed_orders())
    wanted = draw(st.sampled_from(OrderStatus)) if status is None else status
    for step in range(len(OrderStatus)):
        if order.status is wanted:
            break
        acts = _towards(order.status, wanted)
        order = ACTS[draw(st.sampled_from(acts))](order, order.placed_at + timedelta(minutes=step + 1))
    return order


def _towards(status: OrderStatus, wanted: OrderStatus) -> tuple[Act, ...]:
    """From there to the wanted status: an order is cancelled at any point, or else goes on."""
    ending = {Act.CANCEL, Act.EXPIRE}
    acts = tuple(act for act in allowed_acts(status) if act is not Act.RELEASE)  # that leads back
    if wanted is OrderStatus.CANCELLED:
        return acts if status is OrderStatus.PENDING else tuple(act for act in acts if act in ending)
    return tuple(act for act in acts if act not in ending)


@st.composite
def refunds(draw: st.DrawFn, currency: str, *, most: int = 10**6) -> Refund:
    """A refund that is asked for, of at least one minor unit."""
    return Refund(
        id=RefundId(draw(ids())),
        payment_id=PaymentId(draw(ids())),
        amount=Money(draw(st.integers(1, max(most, 1))), currency),
        reason=draw(st.sampled_from(("does not fit", "kaputt", "気に入らない"))),
        requested_at=draw(instants()),
        restock=draw(st.booleans()),
    )
