"""Which jobs send messages, and which: what the queue holds of messages that have not gone."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from shopcore.kernel.errors import Unavailable
from shopcore.notifications.errors import (
    MailRefused,
    NeverConfirmed,
    NobodyAsked,
    TemplateBroken,
    Unconfirmed,
    Undeliverable,
)

_BY_NOTICE = ""  # the job says in its payload which it is

SENDING: Mapping[str, str] = MappingProxyType(
    {
        "send_order_confirmation": "order_confirmation",
        "send_order_mail": _BY_NOTICE,
        "send_account_mail": _BY_NOTICE,
        "send_cart_reminder": "cart_reminder",
        "send_back_in_stock": "back_in_stock",
        "report_dead_jobs": "dead_jobs",
        "report_low_stock": "low_stock",
        "report_differences": "open_differences",
        "report_failed_refund": "failed_refund",
        "report_lapsed_hold": "lapsed_hold",
        "report_endpoint_off": "endpoint_off",
    }
)
"""The kind of message by the kind of its job."""


def message_of(kind: str, payload: Mapping[str, str]) -> str | None:
    """The kind of message that a job was to send; None for a job that sends none."""
    known = SENDING.get(kind)
    return payload["notice"] if known == _BY_NOTICE else known


_NOTED = (MailRefused, NeverConfirmed, NobodyAsked, TemplateBroken, Unavailable, Unconfirmed, Undeliverable)
_CODES = frozenset(each.code for each in _NOTED)


def has_a_row(errors: Sequence[str]) -> bool:
    """Whether a try of a message has come so far, by what its job's tries came to, that what was sent tells of it."""
    return any(error.partition(":")[0] in _CODES for error in errors)
