"""API keys: what another system shows instead of a person. Only the hash of a key is kept."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from shopcore.access.errors import ApiKeyNotFound, InvalidApiKey
from shopcore.access.model.permissions import FOR_PEOPLE_ONLY, unknown_in
from shopcore.kernel.actor import EVERYTHING, Integration
from shopcore.kernel.errors import FieldError, InvalidInput

PREFIX = "shopkey_"
"""Tells a key from every other credential, to the shop and to those who search texts for leaked secrets."""

LONGEST_DAYS = 3_650
NOTED_EVERY = timedelta(hours=1)
"""How exactly the last use is known: a key in use costs one write an hour."""

_LONGEST_NAME = 100


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key. `digest` is the hash of the secret; `ending` are its last four characters, by which people know it.

    `created_by` answers for it: who made it, or has taken it over from them.
    """

    id: str
    name: str
    permissions: tuple[str, ...]
    digest: str
    ending: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


def require_valid(name: str, permissions: Sequence[str], days: int | None) -> None:
    """Raise `InvalidInput` naming each bad field of a key that is to be made."""
    problems = unknown_in(permissions, "permissions")
    problems += [
        FieldError(field=f"permissions/{index}", code="for_people_only", message="cannot be held by an API key")
        for index, permission in enumerate(permissions)
        if permission in FOR_PEOPLE_ONLY
    ]
    if not permissions:
        problems.append(FieldError(field="permissions", code="required", message="must name at least one permission"))
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        message = f"must be 1 to {_LONGEST_NAME} printable characters"
        problems.append(FieldError(field="name", code="invalid_text", message=message))
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        message = f"must be 1 to {LONGEST_DAYS} days"
        problems.append(FieldError(field="expires_in_days", code="out_of_range", message=message))
    if problems:
        raise InvalidInput(*problems)


def is_good(key: ApiKey, now: datetime) -> bool:
    """Neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def admitted(key: ApiKey, now: datetime) -> Integration:
    """Who comes with this key. Raises `InvalidApiKey` if it is revoked or has expired."""
    if not is_good(key, now):
        raise InvalidApiKey
    return Integration(name=key.id, permissions=frozenset(key.permissions) - {EVERYTHING, *FOR_PEOPLE_ONLY})


def hand_over(key: ApiKey, to: str, held: Collection[str], now: datetime) -> ApiKey:
    """Somebody else answers for it, and it can do no more than they may, nor than was `held` by who did until now.

    Who has lost a permission may know the secret still, so it does not come back with the heir. One that is left
    nothing is revoked. Raises `ApiKeyNotFound` for one that was revoked before.
    """
    left = tuple(each for each in key.permissions if {each, EVERYTHING} & {*held})
    if not left:
        return revoke(key, now)
    return msgspec.structs.replace(key, created_by=to, permissions=left)


def is_worth_noting(key: ApiKey, now: datetime) -> bool:
    """Whether the last use is long enough ago to be written down anew."""
    return key.used_at is None or now - key.used_at >= NOTED_EVERY


def note_use(key: ApiKey, now: datetime) -> ApiKey:
    """Used now; a later use that was noted already stands."""
    return key if key.used_at is not None and key.used_at >= now else msgspec.structs.replace(key, used_at=now)


def revoke(key: ApiKey, now: datetime) -> ApiKey:
    """Good no more. Raises `ApiKeyNotFound` for one that was revoked before."""
    if key.revoked_at is not None:
        raise ApiKeyNotFound
    return msgspec.structs.replace(key, revoked_at=now)
