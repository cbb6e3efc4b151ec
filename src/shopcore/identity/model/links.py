"""The token of a mailed link: made from what it is for, so that nothing is kept and it can be made again.

It is good until it expires, and as long as the account's `credentials` count is what it was: using it counts up, or
leaves nothing that it could do. That about a factor or passkey is good whatever the password: whoever has set up one
that is not theirs can change that too.
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from shopcore.identity.errors import InvalidLink
from shopcore.identity.model.accounts import Account
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.sealing import Signer

_MAC_BYTES = 32
_CONTEXT = "account-link"
_LONGEST = 1_000


class Purpose(StrEnum):
    """What a link is for."""

    VERIFY = "verify"
    RESET = "reset"
    OLD_EMAIL = "old_email"
    NEW_EMAIL = "new_email"
    PROOF = "proof"


LIFETIMES = MappingProxyType(
    {
        Purpose.VERIFY: timedelta(days=1),
        Purpose.RESET: timedelta(hours=1),
        Purpose.OLD_EMAIL: timedelta(days=1),
        Purpose.NEW_EMAIL: timedelta(days=1),
        Purpose.PROOF: timedelta(days=1),
    }
)
"""From the request on, not from the mail: OWASP's Forgot Password Cheat Sheet asks for a short life."""


class Link(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a token says in the clear; `until` is in seconds since the epoch.

    `subject` names a change of address, a second factor or a passkey.
    """

    purpose: Purpose
    customer_id: CustomerId
    until: int
    subject: str = ""


def link(purpose: Purpose, account: Account, asked_at: datetime, subject: str = "") -> Link:
    """For the account as it is now."""
    until = int((asked_at + LIFETIMES[purpose]).timestamp())
    return Link(purpose=purpose, customer_id=account.id, until=until, subject=subject)


def token_of(signer: Signer, wanted: Link, account: Account) -> str:
    """The token, which is the same each time it is made for one state of the account."""
    body = msgspec.json.encode(wanted)
    return _text(signer.sign(_signed(body, wanted, account), _CONTEXT)[:_MAC_BYTES] + body)


def read_link(token: str, *purposes: Purpose) -> Link:
    """What a token claims, not yet believed. Raises `InvalidLink` for another purpose, or what is no token."""
    try:
        if len(token) > _LONGEST:
            raise InvalidLink
        raw = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        claimed = msgspec.json.decode(raw[_MAC_BYTES:], type=Link)
    except (binascii.Error, UnicodeError, msgspec.DecodeError):
        raise InvalidLink from None
    if claimed.purpose not in purposes:
        raise InvalidLink
    return claimed


def require_genuine(signer: Signer, token: str, claimed: Link, account: Account, now: datetime) -> None:
    """Raise `InvalidLink` unless this shop made the token for the account as it is now, and it has not expired."""
    body = msgspec.json.encode(claimed)
    raw = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_")
    if _text(raw[:_MAC_BYTES] + body) != token or not signer.verifies(
        raw[:_MAC_BYTES], _signed(body, claimed, account), _CONTEXT
    ):
        raise InvalidLink
    if now >= datetime.fromtimestamp(claimed.until, UTC):
        raise InvalidLink


def _signed(body: bytes, said: Link, account: Account) -> bytes:
    """What a link says, bound to the account's state: another password or address makes every older link void."""
    credentials = "" if said.purpose is Purpose.PROOF else account.credentials
    state = f"{credentials}/{account.email}".encode()
    return len(state).to_bytes(4, "big") + state + body


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
