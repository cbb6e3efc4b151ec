"""What can happen to money after it was taken, and a payment's whole life in one word."""

from enum import StrEnum

import msgspec

from shopcore.kernel.ids import RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model.disputes import Dispute, DisputeState
from shopcore.payments.model.payments import Payment, PaymentState, taken


class PaymentLife(StrEnum):
    """Where a payment stands, what became of its money included."""

    REQUIRES_PAYMENT = "requires_payment"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    VOIDED = "voided"
    DISPUTED = "disputed"


class RefundNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of a refund, unasked. `reference` is its name of the attempt that took the money."""

    reference: str
    refund_id: RefundId
    done: bool


class DisputeNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of a dispute. `reference` is its name of the attempt that took the money."""

    reference: str
    dispute: Dispute


def life_of(payment: Payment, refunded: Money) -> PaymentLife:
    """In one word; `refunded` is what went back of it, to which comes what was lost in disputes; what was taken beyond
    its amount is not missing when it has gone back. A dispute that is not decided outweighs what went back. One of a
    further charge is no matter: that money is not the payment's.

    Nobody knows how much is left of what was lost in another currency: nothing, as for `paid_and_kept`.
    """
    own = [each for each in payment.disputes if each.attempt is None]
    lost = [each.amount for each in own if each.state is DisputeState.LOST]
    is_unknown = any(each.currency != refunded.currency for each in lost)
    owed = min(taken(payment).amount, payment.amount.amount)
    beyond = taken(payment).amount - owed
    gone = owed if is_unknown else refunded.amount + sum(each.amount for each in lost) - beyond
    match payment.state:
        case PaymentState.SUCCEEDED if any(each.state is DisputeState.OPEN for each in own):
            return PaymentLife.DISPUTED
        case PaymentState.SUCCEEDED if gone >= owed:
            return PaymentLife.REFUNDED
        case PaymentState.SUCCEEDED:
            return PaymentLife.PARTLY_REFUNDED if gone > 0 else PaymentLife.CAPTURED
        case state:
            return PaymentLife(state.value)


class PaymentTotal(msgspec.Struct, frozen=True, kw_only=True):
    """How many payments of a gateway stand so, and what they come to, refunds not deducted."""

    gateway: str
    state: PaymentState
    count: int
    amount: Money
