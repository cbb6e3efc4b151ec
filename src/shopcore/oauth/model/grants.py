"""What a client was given: a code by a person, or a token by its own secret.

A code is made from its id by HMAC, so that nothing is kept from which one could be made without the shop's key.
"""

import base64
import binascii
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import msgspec

from shopcore.kernel.ids import CustomerId, SessionId, is_id
from shopcore.kernel.sealing import Signer
from shopcore.oauth.errors import InvalidGrant
from shopcore.oauth.model.requests import is_verified

CODE_LIFETIME = timedelta(seconds=60)
TOKEN_LIFETIME = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""How long after its time a code is known still, so that a second use ends what the first one gave."""

_MAC_BYTES = 32
_CONTEXT = "oauth-code"


class CodeGrant(msgspec.Struct, frozen=True, kw_only=True, tag="code"):
    """What a customer gave from their session `lender_id`; `session_id` is what the app got for it."""

    id: str
    client_id: str
    customer_id: CustomerId
    lender_id: SessionId
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    created_at: datetime
    expires_at: datetime
    session_id: SessionId | None = None
    version: int = 1


class ClientGrant(msgspec.Struct, frozen=True, kw_only=True, tag="client"):
    """What the shop gave to a client that acts for itself: one token."""

    id: str
    client_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    version: int = 1


Grant: TypeAlias = CodeGrant | ClientGrant


class Shown(StrEnum):
    """What came of a code that was shown."""

    TAKEN = "taken"
    REUSED = "reused"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a client shows with a code. OAuth 2.1 leaves the address out; where it is there, it must be the same."""

    client_id: str
    verifier: str
    redirect_uri: str | None = None


def take(grant: Grant, proof: Proof, session_id: SessionId, now: datetime) -> tuple[Grant, Shown]:
    """Show a code for the session of that id. A second time it is told whose session the first one gave.

    Raises `InvalidGrant` for one that has expired, was given to another client or address, or has another verifier.
    Whoever shows a used code has stolen it, or was stolen from; either way its proof does not matter any more.
    """
    if not isinstance(grant, CodeGrant) or grant.client_id != proof.client_id:
        raise InvalidGrant
    if grant.session_id is not None:
        return grant, Shown.REUSED
    if now >= grant.expires_at or proof.redirect_uri not in {None, grant.redirect_uri}:
        raise InvalidGrant
    if not is_verified(grant.challenge, proof.verifier):
        raise InvalidGrant
    return msgspec.structs.replace(grant, session_id=session_id), Shown.TAKEN


def end_token(grant: Grant, client_id: str, now: datetime) -> Grant:
    """Revoke a token; one that has ended stays as it is. Raises `InvalidGrant` for what is not this client's."""
    if not isinstance(grant, ClientGrant) or grant.client_id != client_id:
        raise InvalidGrant
    return grant if grant.ended_at is not None else msgspec.structs.replace(grant, ended_at=now)


def is_good(grant: Grant, client_id: str, now: datetime) -> bool:
    """Whether a token of that grant counts."""
    return (
        isinstance(grant, ClientGrant)
        and grant.client_id == client_id
        and grant.ended_at is None
        and now < grant.expires_at
    )


def code_of(signer: Signer, grant_id: str) -> str:
    """The code of a grant; the same each time."""
    name = bytes.fromhex(grant_id.replace("-", ""))
    return base64.urlsafe_b64encode(name + _mac(signer, name)).decode().rstrip("=")


def read_code(signer: Signer, code: str) -> str:
    """The id of the grant that a code is of. Raises `InvalidGrant` for one that this shop did not make."""
    try:
        raw = base64.b64decode(code.encode() + b"=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeError):
        raise InvalidGrant from None
    name, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(name) != 16 or not signer.verifies(mac, name, _CONTEXT):
        raise InvalidGrant
    digits = name.hex()
    grant_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    if not is_id(grant_id):
        raise InvalidGrant
    return grant_id


def _mac(signer: Signer, name: bytes) -> bytes:
    return signer.sign(name, _CONTEXT)[:_MAC_BYTES]


def is_used(grant: Grant) -> bool:
    """Whether it stays as it is for good: a code that was taken, a token that was revoked."""
    match grant:
        case CodeGrant():
            return grant.session_id is not None
        case ClientGrant():
            return grant.ended_at is not None
