"""Where a merchant's own systems want to be told, what of, and how they know that it is this shop who tells them."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from shopcore.kernel.errors import FieldError, InvalidInput
from shopcore.webhooks.model.announcements import EVENT_TYPES

MOST_ENDPOINTS = 20
"""Every event costs a request to each, and a shop has a few systems of its own."""

BOTH_SECRETS = timedelta(hours=24)
"""How long after a rotation the old secret signs too, so that receivers can change in their own time."""

PATIENCE = timedelta(hours=47)
"""Whoever took nothing for so long, while deliveries were tried up to the last time, is switched off."""

GONE = "it answered 410 Gone"
SILENT = "it took nothing for two days"

_PREFIX = "whsec_"
_LONGEST_URL = 2_000
_LONGEST_DESCRIPTION = 200
_PORTS = range(1, 65_536)


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What signs, as receivers have it. `until` is when an old one stops."""

    key: str
    until: datetime | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver. `events` are the types that it wants; none named means all. The present secret is the first one.

    `failing_since` is the first failed try after which nothing was taken.
    """

    id: str
    url: str
    created_at: datetime
    secrets: tuple[Secret, ...]
    events: tuple[str, ...] = ()
    description: str = ""
    is_on: bool = True
    off_since: datetime | None = None
    off_reason: str = ""
    failing_since: datetime | None = None
    version: int = 1


def secret_of(token: str) -> str:
    """A secret as Standard Webhooks writes it, its prefix and base64: 32 bytes, made of a token of 128 bits or more."""
    return _PREFIX + base64.b64encode(hashlib.sha256(token.encode()).digest()).decode()


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """One signature by the scheme `v1` (Standard Webhooks, "Signature scheme"): HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    message = f"{event_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def headers_of(endpoint: Endpoint, event_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """What tells a receiver which event this is, when it was sent, and that nobody else sent it."""
    timestamp = int(now.timestamp())
    keys = [secret.key for secret in endpoint.secrets if secret.until is None or now < secret.until]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, event_id, timestamp, body) for key in keys),
    }


def at_url(endpoints: Sequence[Endpoint], url: str) -> Endpoint | None:
    """The one of them that has this very URL."""
    return next((each for each in endpoints if each.url == url), None)


def host_of(url: str) -> str:
    """What the audit log keeps of it: its path and its query may hold a secret of the receiver's."""
    return urlsplit(url).netloc


def wants(endpoint: Endpoint, event_type: str) -> bool:
    """Whether it is to be sent events of this type."""
    return endpoint.is_on and (not endpoint.events or event_type in endpoint.events)


def rotated(endpoint: Endpoint, key: str, now: datetime) -> Endpoint:
    """With a new secret; the one before it signs beside it for a while, and no older one does."""
    old = msgspec.structs.replace(endpoint.secrets[0], until=now + BOTH_SECRETS)
    return msgspec.structs.replace(endpoint, secrets=(Secret(key=key), old))


def took(endpoint: Endpoint) -> Endpoint:
    """It took an event: whatever failed before is over."""
    return msgspec.structs.replace(endpoint, failing_since=None)


def failed(endpoint: Endpoint, now: datetime) -> Endpoint:
    """It did not take one."""
    return endpoint if endpoint.failing_since else msgspec.structs.replace(endpoint, failing_since=now)


def has_lost_patience(endpoint: Endpoint, now: datetime) -> bool:
    """Whether it has taken nothing for too long."""
    return endpoint.failing_since is not None and now - endpoint.failing_since >= PATIENCE


def switched_off(endpoint: Endpoint, reason: str, now: datetime) -> Endpoint:
    """Nothing is sent to it any more; one that is off stays as it is."""
    if not endpoint.is_on:
        return endpoint
    return msgspec.structs.replace(endpoint, is_on=False, off_since=now, off_reason=reason)


def switched_on(endpoint: Endpoint) -> Endpoint:
    """Sent to from now on; what it missed is replayed by whoever knows from where."""
    return msgspec.structs.replace(endpoint, is_on=True, off_since=None, off_reason="", failing_since=None)


def require_valid(url: str, events: Sequence[str], description: str, *, may_be_plain: bool) -> None:
    """Raise `InvalidInput` naming each bad field. `may_be_plain` says whether http:// will do."""
    problems = [*_problems_of_url(url, may_be_plain=may_be_plain), *_problems_of_events(events)]
    if len(description) > _LONGEST_DESCRIPTION or not (description.isprintable() or not description):
        message = f"must be at most {_LONGEST_DESCRIPTION} printable characters"
        problems.append(FieldError(field="description", code="invalid_text", message=message))
    if problems:
        raise InvalidInput(*problems)


def _problems_of_url(url: str, *, may_be_plain: bool) -> list[FieldError]:
    schemes = ("https", "http") if may_be_plain else ("https",)
    try:
        parts = urlsplit(url)
        is_good = bool(parts.hostname) and parts.scheme in schemes and (parts.port is None or parts.port in _PORTS)
        is_good &= parts.username is None and parts.password is None and not parts.fragment
    except ValueError:
        is_good = False
    if is_good and len(url) <= _LONGEST_URL and url.isascii() and url.isprintable() and not set(url) & set(' \\"<>'):
        return []
    message = f"must be an {' or '.join(f'{scheme}://' for scheme in schemes)} URL without a user or a fragment"
    return [FieldError(field="url", code="invalid_url", message=message)]


def _problems_of_events(events: Sequence[str]) -> list[FieldError]:
    return [
        FieldError(field=f"events/{index}", code="unknown_event", message="must be a type of event that there is")
        for index, event in enumerate(events)
        if event not in EVENT_TYPES
    ]
