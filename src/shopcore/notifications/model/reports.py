"""What a mail provider reports, signed as Standard Webhooks are (standardwebhooks.com, specification 1.0.0).

The signature is HMAC-SHA256 over `id.timestamp.body`, in base64 after `v1,`; several stand side by side while a secret
is being exchanged.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.kernel.errors import InvalidInput
from shopcore.messages.model.troubles import Trouble
from shopcore.notifications.errors import UnsignedReport

TOLERANCE = timedelta(minutes=5)
"""A report that is signed for another time is an old one that somebody plays again, or a clock is wrong."""

_LONGEST_ID = 200


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail that a provider had taken; `event_id` is the provider's own name of the report."""

    event_id: str
    trouble: Trouble
    recipient: str


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a report; a provider may say more."""

    type: str
    recipient: str


_TYPES = {
    "mail.bounced": Trouble.BOUNCED,
    "mail.delayed": Trouble.DELAYED,
    "mail.complained": Trouble.COMPLAINED,
}


def read_report(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime
) -> DeliveryReport | None:
    """The report, its signature checked before anything else is read; None for news that change nothing.

    Any of `secrets` (`whsec_` and base64) may have signed it. Raises `UnsignedReport`, and `InvalidInput` for a body
    that is no report.
    """
    given = {name.lower(): value for name, value in headers.items()}
    event_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    content = f"{event_id}.{stamp}.".encode() + body
    if not event_id or not _is_signed(content, given.get("webhook-signature", ""), secrets):
        raise UnsignedReport
    if not stamp.isascii() or not stamp.isdigit() or abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise UnsignedReport
    try:
        said = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInput.of("", "invalid_report", "must be an object with type and recipient") from None
    if len(event_id) > _LONGEST_ID:
        raise InvalidInput.of("webhook-id", "too_long", f"must be at most {_LONGEST_ID} characters")
    trouble = _TYPES.get(said.type)
    return None if trouble is None else DeliveryReport(event_id=event_id, trouble=trouble, recipient=said.recipient)


def _is_signed(content: bytes, signatures: str, secrets: Sequence[str]) -> bool:
    """Every pair is compared, in constant time: how long it takes tells nothing of a secret."""
    given = [each.removeprefix("v1,").encode() for each in signatures.split() if each.startswith("v1,")]
    made = [base64.b64encode(hmac.digest(_key(secret), content, hashlib.sha256)) for secret in secrets]
    return sum(hmac.compare_digest(one, other) for one in given for other in made) > 0


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return secret.encode()
