"""Stripe's webhooks: the signature over the raw body, and what an event says of a payment.

Source: Stripe's documentation, "Receive Stripe events", on verifying signatures by hand.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from shopcore.adapters.stripe.link import NAME
from shopcore.adapters.stripe.objects import Disputed, Intent, RefundTold, report_of
from shopcore.kernel.errors import InvalidInput
from shopcore.payments.errors import BadSignature
from shopcore.payments.ports import GatewayEvent

SIGNATURE_HEADER = "stripe-signature"
TOLERANCE_SECONDS = 300  # what Stripe's own libraries allow

_OF_INTENTS = "payment_intent."
_OF_REFUNDS = frozenset(("refund.failed", "refund.updated", "charge.refund.updated"))
_OF_DISPUTES = "charge.dispute."
_TELLS_NOTHING = frozenset(("payment_intent.created", "payment_intent.requires_action"))
"""What the shop hears in answer to its own questions, with a client secret that is not to lie in the inbox."""


class _Data(msgspec.Struct, frozen=True):
    object: msgspec.Raw


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    data: _Data


def verify(secrets: Sequence[str], body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Raises `BadSignature` unless one of the secrets made one of the signatures, at most five minutes from `now`."""
    header = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER), "")
    parts = [part.partition("=")[::2] for part in header.split(",")]
    stamp = next((value for name, value in parts if name == "t"), "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise BadSignature
    given = [value.encode(errors="replace") for name, value in parts if name == "v1"]
    macs = [hmac.digest(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hex() for secret in secrets]
    if not any(hmac.compare_digest(one, mac.encode()) for one in given for mac in macs):
        raise BadSignature
    if abs(age := now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise BadSignature.out_of_time(age)


def read_event(body: bytes) -> GatewayEvent:
    """A verified event. One that is not about an intent of the shop reports nothing. Raises `InvalidInput`."""
    try:
        event = msgspec.json.decode(body, type=_Event)
        is_told = event.type.startswith(_OF_INTENTS) and event.type not in _TELLS_NOTHING
        intent = msgspec.json.decode(event.data.object, type=Intent) if is_told else None
        refund = msgspec.json.decode(event.data.object, type=RefundTold) if event.type in _OF_REFUNDS else None
        is_dispute = event.type.startswith(_OF_DISPUTES)
        dispute = msgspec.json.decode(event.data.object, type=Disputed) if is_dispute else None
    except msgspec.DecodeError:
        raise InvalidInput.of("body", "invalid_webhook", "must be an event of Stripe") from None
    report = None if intent is None else report_of(intent)
    return GatewayEvent(
        gateway=NAME,
        event_id=event.id,
        type=event.type,
        report=report,
        refund=None if refund is None else refund.news,
        dispute=None if dispute is None else dispute.news,
    )
