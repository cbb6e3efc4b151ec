"""Devices that an account was signed in from, each known by a token of its own (OWASP, Slow Down Online Guessing
Attacks with Device Cookies). Whoever guesses from elsewhere cannot use up what such a device may try.

A token is made from the account and its count of changed credentials: nothing is kept, and another password voids it.
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime, timedelta

from shopcore.identity.model.accounts import Account
from shopcore.kernel.sealing import Signer

LIFETIME = timedelta(days=180)
"""From the last sign-in on."""

_CONTEXT = "known-device"
_NONCE_BYTES = 16
_TIME_BYTES = 8
_MAC_BYTES = 32
_LENGTH = _NONCE_BYTES + _TIME_BYTES + _MAC_BYTES


def device_token(signer: Signer, account: Account, secret: str, now: datetime) -> str:
    """What a device shows when it comes back; `secret` makes it unlike any other."""
    until = int((now + LIFETIME).timestamp())
    body = hashlib.sha256(secret.encode()).digest()[:_NONCE_BYTES] + until.to_bytes(_TIME_BYTES, "big")
    mac = signer.sign(_signed(account, body), _CONTEXT)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(body + mac).decode().rstrip("=")


def known_device(signer: Signer, account: Account, token: str, now: datetime) -> str | None:
    """The name of the device that shows this token; None for a token of another account, and for one that is over."""
    try:
        raw = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeError):
        return None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(raw) != _LENGTH or not signer.verifies(mac, _signed(account, body), _CONTEXT):
        return None
    until = datetime.fromtimestamp(int.from_bytes(body[_NONCE_BYTES:], "big"), UTC)
    return body[:_NONCE_BYTES].hex() if now < until else None


def _signed(account: Account, body: bytes) -> bytes:
    return f"{account.id}/{account.credentials}/".encode() + body
