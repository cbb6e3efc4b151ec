"""What a gateway says that it has moved: the other side of the books."""

from datetime import datetime
from enum import StrEnum

import msgspec

from shopcore.kernel.ids import PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model.disputes import DisputeState


class MovementKind(StrEnum):
    """Which way money went, and why. `returned` is what comes back to the shop after it had gone."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_RETURNED = "refund_returned"
    DISPUTE = "dispute"
    DISPUTE_RETURNED = "dispute_returned"


ARRIVING = frozenset({MovementKind.CHARGE, MovementKind.REFUND_RETURNED, MovementKind.DISPUTE_RETURNED})
"""Kinds that leave the gateway with more money of the shop's."""


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One movement, as its gateway lists it. `amount` is above zero whatever way it went; `fee` was kept for it.

    `id` is the gateway's name for it, `charge` that of the charge it concerns (as `Attempt.reference`), `subject` that
    of the refund or the dispute. Payment and attempt are those that the shop marked the charge with, `refund_id` that
    which it marked the refund with: what somebody else made has none. `done` is None for a refund that is on its way,
    False for one that came back; so it is of a charge that is not certain yet, or came to nothing. `dispute` is how one
    stands now. One that `is_disowned` was marked with a payment that is not here.
    """

    id: str
    kind: MovementKind
    amount: Money
    fee: Money
    at: datetime
    charge: str
    subject: str
    payment_id: PaymentId | None = None
    attempt: int | None = None
    refund_id: RefundId | None = None
    done: bool | None = True
    dispute: DisputeState | None = None
    is_disowned: bool = False

    @property
    def signed(self) -> int:
        """Minor units by which the gateway holds more for the shop."""
        return self.amount.amount if self.kind in ARRIVING else -self.amount.amount


def refund_of(movement: Movement, gateway: str) -> RefundId:
    """What its refund is called here: one that somebody made at the gateway has the same name whoever finds it."""
    return movement.refund_id or RefundId(f"{gateway}-{movement.subject}")
