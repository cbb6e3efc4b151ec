"""What a bank takes back of a charge."""

from enum import StrEnum

import msgspec

from shopcore.kernel.money import Money


class DisputeState(StrEnum):
    """Open until the bank has decided; then it stays decided."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A charge that its payer has complained about, at the bank: the money is gone until the shop has won.

    `attempt` is the one whose money it is, where that is not what pays the order.
    """

    id: str
    state: DisputeState
    amount: Money
    attempt: int | None = None
