"""What is stored of money beside payments: comparisons, and what staff say. A part of the map of personal data."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from shopcore.payments.model import (
    Difference,
    HandPayment,
    HandRefund,
    Leave,
    Part,
    Reach,
    Reconciliation,
    Standing,
    Summed,
    ToldOnce,
    Total,
)
from shopcore.privacy.model.personal_data import Declared, Gone, Kept, declared, personal

_PLAIN = Kept.PLAIN

BOOKS: Mapping[type[msgspec.Struct], Declared] = MappingProxyType(
    {
        Reconciliation: declared(
            "reconciliations",
            personal(_PLAIN, Gone.NEVER, "requested_by", "Who asked for it, by role and id."),
            parts="fees differences left told_once known spans parts reached summed",
            impersonal="id requested_at since until finished_at compared found repaired told unreached is_begun"
            " span_seconds",
        ),
        Difference: declared(
            "reconciliations",
            personal(_PLAIN, Gone.NEVER, "movement charge subject", "The books: to find the money at its gateway."),
            parts="theirs ours left",
            impersonal="kind gateway at entry order_id payment_id refund_id attempt moved dispute repairs is_marked",
        ),
        Leave: declared(
            "reconciliations",
            personal(_PLAIN, Gone.NEVER, "by reason", "The books: who lets a difference be, by role and id, and why."),
            impersonal="at",
        ),
        ToldOnce: declared("reconciliations", parts="amount", impersonal="kind gateway count is_marked"),
        Part: declared("reconciliations", impersonal="gateway since until"),
        Reach: declared("reconciliations", impersonal="gateway until"),
        Standing: declared("reconciliations", parts="reach open left summed", impersonal="told"),
        Summed: declared("reconciliations", parts="totals", impersonal="until step_seconds late"),
        Total: declared("reconciliations", parts="amount", impersonal="account gateway is_sale"),
        HandPayment: declared(
            "hand_payments",
            parts="amount taken refunds",
            impersonal="key payment_id attempt order_id method state at lapses_at taken_at failure version",
        ),
        HandRefund: declared("hand_payments", parts="amount", impersonal="id asked_at given_at"),
    }
)
