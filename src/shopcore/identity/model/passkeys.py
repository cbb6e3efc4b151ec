"""Passkeys: keys that a device or a password manager keeps for this shop and shows by signing (WebAuthn Level 3)."""

import base64
import binascii
from datetime import datetime

import msgspec

from shopcore.identity.errors import InvalidPasskey, PasskeyNotFound, PasskeyTaken, TooManyPasskeys
from shopcore.identity.model.sessions import MULTIPLE, VOUCHED
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.ids import CustomerId, PasskeyId, is_id

MOST = 20
ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256 and RS256 as COSE numbers them: what to offer so that every authenticator has one (Level 3, 5.4)."""

_LONGEST_NAME = 100

HARDWARE, SOFTWARE, PRESENT = "hwk", "swk", "user"
"""Names of RFC 8176, 2: a key in hardware, one that is copied between devices, somebody was there."""


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A credential of an account. `credential` is its id in base64url, and `public_key` is in COSE (RFC 9052).

    `sign_count` is the highest that it has shown; those that are synced stay at 0. `synced` says that copies of it may
    be on several devices (it is eligible for backup). `transports` are hints for browsers. `vouched_at` is since when
    it is known to be the owner's.
    """

    id: PasskeyId
    credential: str
    public_key: bytes
    name: str
    created_at: datetime
    sign_count: int = 0
    synced: bool = False
    transports: tuple[str, ...] = ()
    last_used_at: datetime | None = None
    vouched_at: datetime | None = None


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser has when a passkey was made; everything binary is in base64url."""

    credential: str
    client_data: str
    attestation_object: str
    transports: tuple[str, ...] = ()


class Assertion(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser has when a passkey was used; everything binary is in base64url.

    `user_handle` is the id of the account, as the passkey has it.
    """

    credential: str
    client_data: str
    authenticator_data: str
    signature: str
    user_handle: str | None = None


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """What an attestation says once it was verified."""

    public_key: bytes
    sign_count: int
    synced: bool


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What an assertion says once it was verified. `user_verified`: by a PIN, a finger or a face."""

    sign_count: int
    user_verified: bool


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser needs to make a passkey for an account; what the account has already is `exclude`d."""

    challenge: str
    domain: str
    user_handle: str
    user_name: str
    display_name: str
    exclude: tuple[Passkey, ...]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser needs to ask for a passkey. It says nothing of any account."""

    challenge: str
    domain: str
    user_verification: bool


def checked_passkey_name(name: str) -> str:
    """A name as it is kept. Raises `InvalidInput`."""
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"must have 1 to {_LONGEST_NAME} characters, without control characters"
        raise InvalidInput.of("name", "invalid_text", message)
    return name.strip()


def user_handle(customer_id: CustomerId) -> str:
    """How a passkey names its account: an id that says nothing of the person (WebAuthn Level 3, 14.6.1)."""
    return base64.urlsafe_b64encode(customer_id.encode()).decode().rstrip("=")


def customer_of(handle: str | None) -> CustomerId:
    """The account that a passkey names. Raises `InvalidPasskey`."""
    try:
        text = base64.b64decode((handle or "").encode() + b"==", altchars=b"-_").decode()
    except (binascii.Error, UnicodeError):
        raise InvalidPasskey from None
    if not is_id(text):
        raise InvalidPasskey
    return CustomerId(text)


def find(held: tuple[Passkey, ...], passkey_id: PasskeyId) -> Passkey:
    """Raises `PasskeyNotFound`."""
    for passkey in held:
        if passkey.id == passkey_id:
            return passkey
    raise PasskeyNotFound


def find_credential(held: tuple[Passkey, ...], credential: str) -> Passkey | None:
    """The passkey with that credential id, if there is one."""
    return next((passkey for passkey in held if passkey.credential == credential), None)


def add(held: tuple[Passkey, ...], passkey: Passkey) -> tuple[Passkey, ...]:
    """One more. Raises `TooManyPasskeys`, or `PasskeyTaken` for one that is there."""
    if find_credential(held, passkey.credential) is not None:
        raise PasskeyTaken
    if len(held) >= MOST:
        raise TooManyPasskeys(MOST)
    return (*held, passkey)


def rename(held: tuple[Passkey, ...], passkey_id: PasskeyId, name: str) -> tuple[Passkey, ...]:
    """Another name for one. Raises `PasskeyNotFound`."""
    return _replaced(held, msgspec.structs.replace(find(held, passkey_id), name=name))


def remove(held: tuple[Passkey, ...], passkey_id: PasskeyId) -> tuple[Passkey, ...]:
    """Raises `PasskeyNotFound`."""
    find(held, passkey_id)
    return tuple(passkey for passkey in held if passkey.id != passkey_id)


def used(held: tuple[Passkey, ...], passkey_id: PasskeyId, use: Use, at: datetime) -> tuple[Passkey, ...]:
    """Note a use. Raises `PasskeyNotFound`."""
    passkey = find(held, passkey_id)
    count = max(passkey.sign_count, use.sign_count)
    return _replaced(held, msgspec.structs.replace(passkey, sign_count=count, last_used_at=at))


def methods(passkey: Passkey, use: Use, *before: str) -> tuple[str, ...]:
    """How somebody showed who they are: by this passkey, and by what came before it."""
    shown = (*before, SOFTWARE if passkey.synced else HARDWARE, PRESENT)
    known = () if passkey.vouched_at is None else (VOUCHED,)
    return (*shown, MULTIPLE, *known) if before or use.user_verified else (*shown, *known)


def _replaced(held: tuple[Passkey, ...], passkey: Passkey) -> tuple[Passkey, ...]:
    return tuple(passkey if known.id == passkey.id else known for known in held)
