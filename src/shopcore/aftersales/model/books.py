"""What the ledger says of an order: its payment status, and what can go back."""

from collections.abc import Sequence

import msgspec

from shopcore.kernel.ids import OrderId
from shopcore.kernel.money import Money
from shopcore.ordering.model import Order, PaymentStatus, book, given_back, refundable, unsold
from shopcore.payments.model import DisputeState, JournalEntry, Payment, PaymentState, takings


class OutOfStep(msgspec.Struct, frozen=True, kw_only=True):
    """An order that `says` another payment status than its entries in the ledger come to, or whose refunds that are
    done come to another amount: `gave_back` by them, `booked_back` by the ledger.
    """

    order_id: OrderId
    number: str
    says: PaymentStatus
    booked: PaymentStatus
    gave_back: Money
    booked_back: Money

    @property
    def is_for_a_person(self) -> bool:
        """Whether telling the order its status is not all: what went back is in one place only, and somebody has to
        find out which is right.
        """
        return self.gave_back != self.booked_back


class BooksOfOrders(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders were compared with the ledger, and which of them are not in step with it."""

    compared: int
    out_of_step: tuple[OutOfStep, ...]
    next_cursor: str | None


def out_of_step(order: Order, entries: Sequence[JournalEntry]) -> OutOfStep | None:
    """None where the two agree."""
    currency = order.totals.total.currency
    differs = OutOfStep(
        order_id=order.id,
        number=order.number,
        says=order.payment_status,
        booked=by_the_books(order, entries).payment_status,
        gave_back=given_back(order, currency),
        booked_back=_booked_back(entries, currency),
    )
    return differs if differs.says is not differs.booked or differs.is_for_a_person else None


def _booked_back(entries: Sequence[JournalEntry], currency: str) -> Money:
    found = takings(entries, currency)
    return Money.zero(currency) if found is None else found.refunded


def by_the_books(order: Order, entries: Sequence[JournalEntry]) -> Order:
    """With the payment status that the ledger's entries of it come to; until it is sold, with what its attempt says.
    One that cost nothing may have none, from when such orders were not posted: it stays as it is.
    """
    total = order.totals.total
    found = takings(entries, total.currency)
    if found is None:
        return unsold(order) if total.amount else order
    return book(order, taken=found.taken, gone=found.gone)


def paid_amount(entries: Sequence[JournalEntry], currency: str) -> Money:
    """What has been taken for an order, by the ledger's entries of it."""
    found = takings(entries, currency)
    return Money.zero(currency) if found is None else found.taken


def paid_and_kept(order: Order, payment: Payment | None, entries: Sequence[JournalEntry]) -> Money:
    """What has been taken for an order, less what a bank has taken back of it: for as long as it has not decided, and
    for good where it decided for the customer. And less what went back by the ledger, beyond what the order has among
    its refunds. That money cannot be given back a second time: where the bank counts in another currency, nothing can,
    since nobody knows how much is left.
    """
    currency = order.totals.total.currency
    found = takings(entries, currency)
    disputes = payment.disputes if payment else ()
    own = [each for each in disputes if each.attempt is None and each.state is not DisputeState.WON]
    if found is None or any(each.amount.currency != currency for each in own):
        return Money.zero(currency)
    undecided = (each.amount for each in own if each.state is DisputeState.OPEN)
    unknown = max(found.refunded - given_back(order, currency), Money.zero(currency))
    return max(found.taken - found.lost - unknown - sum(undecided, Money.zero(currency)), Money.zero(currency))


def is_promised_back(order: Order, payment: Payment | None, entries: Sequence[JournalEntry]) -> bool:
    """Whether all that was taken for an order is on its way back, or there: nothing is left to ship its goods for."""
    if payment is None or payment.state is not PaymentState.SUCCEEDED or order.totals.total.amount == 0:
        return False
    return refundable(order, paid_and_kept(order, payment, entries)).amount <= 0
