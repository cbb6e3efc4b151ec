"""What goes back to a customer: money by line and as a whole, and goods to the shelf."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from shopcore.kernel.errors import FieldError, InvalidInput
from shopcore.kernel.ids import RefundId, VariantId
from shopcore.kernel.money import Money
from shopcore.ordering.model import (
    Order,
    OrderLine,
    OrderStatus,
    Refund,
    RefundLine,
    RefundStatus,
    brings_back,
    failed_refunds,
    refunded_units,
    returned_units,
)
from shopcore.payments.model import (
    Attempt,
    Payment,
    asked_for,
    taken,
)
from shopcore.pricing.model import Quote, prices_paid

LONGEST_REASON = 500


class WantedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of what an order has, for which money is to go back."""

    variant_id: VariantId
    quantity: int


def refund_lines(order: Order, wanted: Sequence[WantedLine]) -> tuple[tuple[RefundLine, ...], Money]:
    """The lines of a refund, and what was paid for them: each unit once, and all units of a line come to its price.

    Raises `InvalidInput` naming each that the order has not, or not so many of any more.
    """
    known = {line.variant_id: line for line in order.lines}
    problems = [
        FieldError(field=f"lines/{index}/{field}", code=code, message=message)
        for index, line in enumerate(wanted)
        for field, code, message in _wrong_with(line, order, known, wanted[:index])
    ]
    if problems:
        raise InvalidInput(*problems)
    quoted = msgspec.json.decode(order.explanation, type=Quote)
    prices = dict(zip((line.line.variant_id for line in quoted.lines), prices_paid(quoted), strict=True))
    lines = tuple(
        RefundLine(variant_id=line.variant_id, sku=known[line.variant_id].sku, quantity=line.quantity)
        for line in wanted
    )
    worth = (_worth(order, line, prices[line.variant_id], known[line.variant_id].quantity) for line in lines)
    return lines, sum(worth, Money.zero(order.totals.total.currency))


def _wrong_with(
    line: WantedLine, order: Order, known: Mapping[VariantId, OrderLine], before: Sequence[WantedLine]
) -> Iterator[tuple[str, str, str]]:
    bought = known.get(line.variant_id)
    if bought is None:
        yield "variant_id", "not_ordered", "must be of this order"
    elif any(other.variant_id == line.variant_id for other in before):
        yield "variant_id", "duplicate", "must be named once"
    else:
        left = bought.quantity - refunded_units(order, line.variant_id)
        if not 0 < line.quantity <= left:
            yield "quantity", "out_of_range", f"must be from 1 to {left}" if left else "is refunded already"


def _worth(order: Order, line: RefundLine, price: Money, units: int) -> Money:
    """The first k of n units come to k parts of the line's price, rounded down; less those that went back before."""
    before = refunded_units(order, line.variant_id)
    parts = [price.amount * count // units for count in (before, before + line.quantity)]
    return Money(parts[1] - parts[0], price.currency)


def refund_of_the_rest(payment: Payment, left: Money, reason: str, at: datetime) -> Refund:
    """All that was not given back yet; its id is made of the payment's, so that asking twice is asking once."""
    return Refund(id=RefundId(f"{payment.id}-all"), payment_id=payment.id, amount=left, reason=reason, requested_at=at)


def refund_of_what_is_kept(order: Order, left: Money, at: datetime) -> Refund | None:
    """All that is left for an order that has ended, where more than that was asked for and so refused: a part had gone
    back at the gateway. Its id is made of the refused one's, so that it is asked for once. None where nothing is kept.
    """
    if order.status is not OrderStatus.CANCELLED or left.amount <= 0:
        return None
    refused = next((one for one in failed_refunds(order) if one.attempt is None and left < one.amount), None)
    if refused is None:
        return None
    return Refund(
        id=RefundId(f"{refused.id}-rest"),
        payment_id=refused.payment_id,
        amount=left,
        reason=refused.reason,
        requested_at=at,
        instead_of=refused.id,
    )


def refund_of_excess(payment: Payment, at: datetime) -> Refund | None:
    """What was taken beyond what was asked for, if anything was."""
    excess = taken(payment) - asked_for(payment)
    if excess.amount <= 0:
        return None
    return Refund(
        id=RefundId(f"{payment.id}-over"),
        payment_id=payment.id,
        amount=excess,
        reason="more was taken than was asked for",
        requested_at=at,
    )


def refund_of_second_charge(payment: Payment, charge: Attempt, at: datetime) -> Refund:
    """All that another attempt took for what was paid already."""
    return Refund(
        id=RefundId(f"{payment.id}-{charge.number}"),
        payment_id=payment.id,
        amount=charge.amount or payment.amount,
        reason="charged a second time",
        requested_at=at,
        attempt=charge.number,
    )


def has_come_back(order: Order) -> bool:
    """Whether its goods are on the shelf again, so that there is nothing to take from it for this order any more."""
    back = (refund for refund in order.refunds if brings_back(refund) and refund.status is not RefundStatus.REQUESTED)
    return any(not refund.lines for refund in back)


def check_restock(order: Order, lines: Sequence[RefundLine]) -> None:
    """Raises `InvalidInput` for goods that have not left, or that are on the shelf again, all or some of them: whatever
    has become of the money since.
    """
    if order.status is OrderStatus.PROCESSING:
        raise InvalidInput.of("restock", "not_shipped", "must not be set before shipping: cancel the order")
    back = [refund for refund in order.refunds if brings_back(refund)]
    bought = {line.variant_id: line.quantity for line in order.lines}
    are_all_back = order.status is OrderStatus.CANCELLED or any(not refund.lines for refund in back)
    if any(
        are_all_back or line.quantity > bought[line.variant_id] - returned_units(order, line.variant_id)
        for line in lines
    ):
        raise InvalidInput.of("restock", "restocked", "must not be set: these goods are on the shelf again")
    if not lines and any(refund.lines for refund in back):
        raise InvalidInput.of("restock", "lines_required", "must come with lines: some goods are on the shelf again")


def checked_reason(reason: str, field: str = "reason") -> str:
    """The reason itself, or `InvalidInput`: it stands in the order's timeline, for its customer to read."""
    if len(reason) > LONGEST_REASON:
        raise InvalidInput.of(field, "too_long", f"must be at most {LONGEST_REASON} characters")
    return reason
