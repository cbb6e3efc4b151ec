"""What is stored of money beside payments: comparisons. A part of the map of personal data."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from shopcore.payments.model import Difference, Reconciliation
from shopcore.privacy.model.personal_data import Declared, Gone, Kept, declared, personal

_PLAIN = Kept.PLAIN

BOOKS: Mapping[type[msgspec.Struct], Declared] = MappingProxyType(
    {
        Reconciliation: declared(
            "reconciliations",
            personal(_PLAIN, Gone.NEVER, "requested_by", "Who asked for it, by role and id."),
            parts="fees differences",
            impersonal="id requested_at since until finished_at compared found repaired unreached",
        ),
        Difference: declared(
            "reconciliations",
            personal(_PLAIN, Gone.NEVER, "movement charge", "The books: to find the money at its gateway."),
            parts="theirs ours",
            impersonal="kind gateway at entry order_id payment_id refund_id attempt repairs",
        ),
    }
)
