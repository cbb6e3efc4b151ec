"""A signed-in device: a family of refresh tokens, of which one is good at a time (RFC 9700, 4.14.2).

A token is made from the family and a counter by HMAC, so nothing is kept from which one could be made without the
shop's key, and the same successor can be made again for a device whose first answer was lost.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from shopcore.identity.errors import InvalidRefreshToken, SessionNotFound
from shopcore.kernel.ids import CustomerId, SessionId, is_id
from shopcore.kernel.sealing import Signer

GRACE = timedelta(seconds=10)
"""How long the last token still gets its successor: two tabs refresh at once, or an answer is lost."""

IDLE_LIFETIME = timedelta(days=30)
LIFETIME = timedelta(days=180)
"""However busy it is, after that somebody signs in again."""

MOST = 50
"""Of one account, apps included: whoever opens another one ends the longest unused, so nobody hoards them for later."""

ACCESS_LIFETIME = timedelta(minutes=10)

_LONGEST_DEVICE = 200
_MAC_BYTES = 32
_CONTEXT = "refresh-token"
_COUNTER_BYTES = 4

MULTIPLE = "mfa"
"""That two factors were shown (RFC 8176, 2)."""

MAIL = "mail"
"""That a mailed link was followed. RFC 8176 has no name for it, nor for the next one."""

VOUCHED = "vouched"
"""That one of the factors is known to be the owner's: see `proofs`."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """`counter` is that of the token that is good now, made at `rotated_at`; `methods` are names of RFC 8176.

    `device` is what it calls itself, `origin` the network that it was opened from, masked. `authenticated_at` is when
    its owner last showed who they are. A session that was given to an app has its `client_id` and `scopes`, and the
    app's name as its device.
    """

    id: SessionId
    customer_id: CustomerId
    created_at: datetime
    authenticated_at: datetime
    rotated_at: datetime
    expires_at: datetime
    methods: tuple[str, ...]
    device: str = ""
    origin: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = ()
    counter: int = 0
    ended_at: datetime | None = None
    version: int = 1


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request comes from: the network, what the device calls itself, and by what it is known, if it is."""

    network: str = ""
    name: str = ""
    token: str = ""


class Presented(StrEnum):
    """What came of a refresh token that was shown."""

    ROTATED = "rotated"
    REPEATED = "repeated"
    REUSED = "reused"


def open_session(
    session_id: SessionId,
    customer_id: CustomerId,
    device: Device,
    methods: tuple[str, ...],
    now: datetime,
    origin: str = "",
) -> Session:
    """Somebody has just shown who they are."""
    return Session(
        id=session_id,
        customer_id=customer_id,
        created_at=now,
        authenticated_at=now,
        rotated_at=now,
        expires_at=now + IDLE_LIFETIME,
        methods=methods,
        device="".join(letter for letter in device.name if letter.isprintable())[:_LONGEST_DEVICE],
        origin=origin,
    )


def lend_session(
    session_id: SessionId, lender: Session, client_id: str, name: str, scopes: tuple[str, ...], now: datetime
) -> Session:
    """The session of an app, given from the customer's own one: it shows no better who they are than that one does."""
    lent = open_session(session_id, lender.customer_id, Device(name=name), lender.methods, now)
    return msgspec.structs.replace(lent, authenticated_at=lender.authenticated_at, client_id=client_id, scopes=scopes)


def is_live(session: Session, now: datetime) -> bool:
    """Neither ended nor expired."""
    return session.ended_at is None and now < session.expires_at


def end(session: Session, at: datetime) -> Session:
    """End it; one that has ended stays as it is."""
    return session if session.ended_at is not None else msgspec.structs.replace(session, ended_at=at)


def beyond(keep: int, sessions: Sequence[Session]) -> Sequence[Session]:
    """Those that end so that no more than `keep` are left: the longest unused first, however old the others are.

    A session is used when it is opened or refreshed, which a device in use does every few minutes.
    """
    by_use = sorted(sessions, key=lambda one: (one.rotated_at, one.id))
    return by_use[: max(len(by_use) - keep, 0)]


def weaken(session: Session, *lost: str) -> Session:
    """It was opened by what the account does not have any more: it shows that no more from now on."""
    return msgspec.structs.replace(session, methods=tuple(how for how in session.methods if how not in lost))


def own(session: Session, customer_id: CustomerId, now: datetime) -> Session:
    """The session, if it is this customer's and live. Raises `SessionNotFound`."""
    if session.customer_id != customer_id or not is_live(session, now):
        raise SessionNotFound
    return session


def present(session: Session, counter: int, now: datetime) -> tuple[Session, Presented]:
    """Show the token of that counter: it is rotated, gives its successor once more, or ends the session.

    Raises `InvalidRefreshToken` for a session that is not live, and for a token that was never given.
    """
    if not is_live(session, now) or counter > session.counter:
        raise InvalidRefreshToken
    if counter == session.counter:
        until = min(now + IDLE_LIFETIME, session.created_at + LIFETIME)
        rotated = msgspec.structs.replace(session, counter=counter + 1, rotated_at=now, expires_at=until)
        return rotated, Presented.ROTATED
    if counter == session.counter - 1 and now <= session.rotated_at + GRACE:
        return session, Presented.REPEATED
    return end(session, now), Presented.REUSED


def refresh_token(signer: Signer, session_id: SessionId, counter: int) -> str:
    """The token of a session with that counter; the same each time."""
    name = bytes.fromhex(session_id.replace("-", "")) + counter.to_bytes(_COUNTER_BYTES, "big")
    return base64.urlsafe_b64encode(name + _mac(signer, name)).decode().rstrip("=")


def read_refresh_token(signer: Signer, token: str) -> tuple[SessionId, int]:
    """The session and the counter of a token. Raises `InvalidRefreshToken` for one that this shop did not make."""
    try:
        raw = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeError):
        raise InvalidRefreshToken from None
    name, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(name) != 16 + _COUNTER_BYTES or not signer.verifies(mac, name, _CONTEXT):
        raise InvalidRefreshToken
    digits = name[:16].hex()
    session_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    if not is_id(session_id):
        raise InvalidRefreshToken
    return SessionId(session_id), int.from_bytes(name[16:], "big")


def _mac(signer: Signer, name: bytes) -> bytes:
    return signer.sign(name, _CONTEXT)[:_MAC_BYTES]
