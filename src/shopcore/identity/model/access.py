"""What an access token says, and what somebody who signs in is given."""

from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

import msgspec

from shopcore.identity.errors import InvalidAccessToken
from shopcore.identity.model.accounts import Account
from shopcore.identity.model.sessions import ACCESS_LIFETIME, Session
from shopcore.kernel.ids import CustomerId, SessionId

_Claims = TypeVar("_Claims", "AccessClaims", "ClientClaims")

CLOCK_SKEW = timedelta(seconds=60)
"""Between the servers of one shop: a token from further in the future is none of theirs."""


class AccessClaims(msgspec.Struct, frozen=True, kw_only=True):
    """Who came, in which session, and how and when they showed it."""

    customer_id: CustomerId
    session_id: SessionId
    issued_at: datetime
    expires_at: datetime
    authenticated_at: datetime
    methods: tuple[str, ...] = ()
    client_id: str = ""
    scopes: tuple[str, ...] = ()


class ClientClaims(msgspec.Struct, frozen=True, kw_only=True):
    """Which other system came, in nobody's name but its own, and what it was given to do."""

    client_id: str
    grant_id: str
    issued_at: datetime
    expires_at: datetime
    scopes: tuple[str, ...]


Claims: TypeAlias = AccessClaims | ClientClaims


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, the refresh token that follows, and how many seconds the first is good for."""

    access_token: str
    refresh_token: str
    expires_in: int


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever just showed who they are. `device_token` is what their device is known by the next time."""

    account: Account
    session: Session
    tokens: Tokens
    device_token: str


def claims_of(session: Session, now: datetime, scopes: tuple[str, ...] | None = None) -> AccessClaims:
    """For the next minutes of a session; with fewer `scopes` than it has, if they are told."""
    return AccessClaims(
        customer_id=session.customer_id,
        session_id=session.id,
        issued_at=now,
        expires_at=min(now + ACCESS_LIFETIME, session.expires_at),
        authenticated_at=session.authenticated_at,
        methods=session.methods,
        client_id=session.client_id,
        scopes=session.scopes if scopes is None else scopes,
    )


def require_current(claims: _Claims, now: datetime) -> _Claims:
    """Raise `InvalidAccessToken` for one that has expired, or is from the future."""
    if now >= claims.expires_at or claims.issued_at > now + CLOCK_SKEW:
        raise InvalidAccessToken
    return claims
