"""What an authenticator is to sign (WebAuthn Level 3, 13.4.3): made from what it is for, so that nothing is kept of
those that nobody answers. Of one that was answered a digest is kept until its time is over: it is good once.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shopcore.identity.errors import InvalidPasskey
from shopcore.kernel.sealing import Signer, token_hash

LIFETIME = timedelta(minutes=5)
"""How long somebody may take to touch their key: what WebAuthn Level 3, 15.1, recommends where it is verified who they
are.
"""

_CONTEXT = "passkey-challenge"
_NONCE_BYTES = 16
_TIME_BYTES = 8
_MAC_BYTES = 32


class Ceremony(StrEnum):
    """What a challenge is for: one for another purpose is none."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"


def challenge_for(signer: Signer, ceremony: Ceremony, subject: str, secret: str, now: datetime) -> bytes:
    """A new challenge. `subject` is whose it is, empty where that is not known; `secret` makes it unlike any other."""
    until = int((now + LIFETIME).timestamp())
    body = hashlib.sha256(secret.encode()).digest()[:_NONCE_BYTES] + until.to_bytes(_TIME_BYTES, "big")
    return body + signer.sign(_signed(ceremony, subject, body), _CONTEXT)[:_MAC_BYTES]


def require_own(signer: Signer, ceremony: Ceremony, subject: str, challenge: bytes, now: datetime) -> None:
    """Raise `InvalidPasskey` unless this shop made the challenge for just this, not too long ago."""
    body, mac = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
    if len(body) != _NONCE_BYTES + _TIME_BYTES:
        raise InvalidPasskey
    if not signer.verifies(mac, _signed(ceremony, subject, body), _CONTEXT):
        raise InvalidPasskey
    if now >= over_at(challenge):
        raise InvalidPasskey


def over_at(challenge: bytes) -> datetime:
    """When its time is over."""
    return datetime.fromtimestamp(int.from_bytes(challenge[_NONCE_BYTES : _NONCE_BYTES + _TIME_BYTES], "big"), UTC)


def digest_of(challenge: bytes) -> str:
    """What is kept of one that was answered."""
    return token_hash(challenge.hex())


def _signed(ceremony: Ceremony, subject: str, body: bytes) -> bytes:
    return f"{ceremony}/{subject}/".encode() + body
