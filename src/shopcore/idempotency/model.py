"""One request under one key: claimed, perhaps taken over after a crash, finished once."""

import hashlib
from datetime import datetime, timedelta

import msgspec

from shopcore.idempotency.errors import KeyReused, RequestInProgress
from shopcore.kernel.actor import Actor, Guest, name_of
from shopcore.kernel.errors import InvalidInput

LEASE = timedelta(seconds=5)
"""Renewed while the request waits for a gateway; when it lapses, a retry or the sweeper takes the request over. One
that is only slow, as in a store that is given longer than that, is overtaken, and refused what it then writes.
"""

RETENTION = timedelta(hours=24)

_UNGUESSABLE = 16


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a request. `ids` were made before anything happened, so that whoever resumes uses the same.

    `point` names how far it got, `outcome` is the encoded reply once there is one; both belong to the claimer.
    """

    key: str
    fingerprint: str
    claimed_at: datetime
    leased_until: datetime
    owner: str
    correlation_id: str = ""
    ids: dict[str, str] = {}
    point: str = "claimed"
    outcome: bytes | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An encoded reply, and whether it was given before."""

    body: bytes
    replayed: bool


def owner_of(actor: Actor, key: str) -> str:
    """Whose key it is. Raises `InvalidInput` for a short key of somebody who shows no proof of who they are.

    They share a name with all others who have none: two strangers who count 1, 2, 3 would get each other's replies.
    """
    match actor:
        case Guest(cart_token=None, order_token=None):
            if len(key) < _UNGUESSABLE:
                message = f"must have at least {_UNGUESSABLE} characters, such as a UUID, when no token is sent"
                raise InvalidInput.of("Idempotency-Key", "too_short", message)
            return "guest"
        case Guest(cart_token=cart_token, order_token=order_token):
            return f"guest/{cart_token}/{order_token}"
        case _:
            return name_of(actor)


def scope(actor: str, act: str, key: str) -> str:
    """A key belongs to its actor and its act: the stored name of it, which shows neither."""
    return hashlib.sha256(f"{actor}\0{act}\0{key}".encode()).hexdigest()


def fingerprint(body: bytes) -> str:
    """What a repeated request is compared by."""
    return hashlib.sha256(body).hexdigest()


def take_over(existing: Claim, wanted: Claim, now: datetime) -> Claim:
    """What a second request under the key gets: the finished claim to replay, or a lapsed one to resume.

    Raises `KeyReused` for another body and `RequestInProgress` while the lease of the first one lasts.
    """
    if existing.fingerprint != wanted.fingerprint:
        raise KeyReused
    if existing.outcome is not None:
        return existing
    if now < existing.leased_until:
        raise RequestInProgress(retry_after=(existing.leased_until - now).total_seconds())
    return msgspec.structs.replace(existing, owner=wanted.owner, leased_until=now + LEASE)
