"""What gateway and books do not agree on, and what is to be done about it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.kernel.ids import OrderId, PaymentId, RefundId
from shopcore.kernel.money import Money
from shopcore.payments.model.disputes import DisputeState
from shopcore.payments.model.ledger import UNASKED
from shopcore.payments.model.movements import MovementKind


class Kind(StrEnum):
    """How the two differ."""

    MISSING = "missing"
    EXTRA = "extra"
    AMOUNT = "different_amount"
    CURRENCY = "wrong_currency"
    DUPLICATE = "duplicate"
    REFUND_ELSEWHERE = "refund_elsewhere"
    FEE = "fee"
    FOREIGN = "not_of_this_shop"


PROPOSALS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.MISSING: "The gateway moved this, and it is not in the books: ask the gateway, take in what it says.",
        Kind.EXTRA: "The books have this, the gateway does not: look there; ship and refund nothing until it is clear.",
        Kind.AMOUNT: "The gateway took another amount: look there, then refund or collect the rest.",
        Kind.CURRENCY: "The gateway has it in another currency: look there, then refund it there and charge anew.",
        Kind.DUPLICATE: "The gateway took this twice for one attempt: refund the second at the gateway.",
        Kind.REFUND_ELSEWHERE: "Somebody gave this back at the gateway: take it into the order and the books.",
        Kind.FEE: "The gateway kept another fee than the books say: post the difference.",
        Kind.FOREIGN: "No payment of this shop: find out who else uses the account at the gateway.",
    }
)
"""What to do about each."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on which gateway and books do not agree. `at` is when it arose, on the side that has it.

    `movement` is the gateway's name for it, `subject` that of the refund or dispute that it was `moved` for, `entry`
    the name in the books. With `repairs` the shop mends it by itself.
    """

    kind: Kind
    gateway: str
    at: datetime
    movement: str | None = None
    charge: str | None = None
    entry: str | None = None
    order_id: OrderId | None = None
    payment_id: PaymentId | None = None
    theirs: Money | None = None
    ours: Money | None = None
    refund_id: RefundId | None = None
    attempt: int | None = None
    moved: MovementKind | None = None
    subject: str | None = None
    dispute: DisputeState | None = None
    repairs: bool = False

    @property
    def is_over(self) -> bool:
        """Whether the books have it already as the gateway has: it is told, and there is nothing left to mend."""
        return self.kind is Kind.FEE or (self.entry or "").startswith(UNASKED)

    @property
    def proposal(self) -> str:
        """What to do about it."""
        return PROPOSALS[self.kind]
