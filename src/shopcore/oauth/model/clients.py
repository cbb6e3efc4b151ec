"""Clients: apps that act for people, and integrations that act for themselves (RFC 6749, 2).

A client with redirect addresses acts for people, by codes; one without acts for itself, by its secret. None does both:
a scope that somebody lets an app have would otherwise be the app's without anybody.
"""

import hmac
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from shopcore.kernel.actor import EVERYTHING, Own
from shopcore.kernel.errors import FieldError, InvalidInput
from shopcore.kernel.sealing import token_hash
from shopcore.oauth.errors import ClientNotFound, InvalidClient, InvalidScope, NoRedirects, NoSecret, UnauthorizedClient
from shopcore.oauth.model.redirects import MAX_REDIRECTS, problem_of

SECRET_PREFIX = "shopsecret_"  # noqa: S105 - tells a secret from others, to those who search texts for leaked ones
_LONGEST_NAME = 100


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """`digest` is the hash of the secret; None is a public client, which can keep none (RFC 6749, 2.1).

    `created_by` answers for it: who registered it, or has taken it over from them. `edition` counts up whenever codes
    can go to somebody else than before; what customers agreed to of an earlier one asks them again.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    redirect_uris: tuple[str, ...] = ()
    digest: str | None = None
    removed_at: datetime | None = None
    edition: int = 0

    @property
    def is_public(self) -> bool:
        """Whether it has no secret."""
        return self.digest is None

    @property
    def acts_for_people(self) -> bool:
        """By codes; else for itself, by its secret."""
        return bool(self.redirect_uris)


def checked_client(client: Client, permissions: Collection[str]) -> Client:
    """A client as it is kept. `permissions` are those that a client can have. Raises `InvalidInput` for each fault."""
    allowed = {*permissions, *Own} if client.acts_for_people else {*permissions}
    problems = [
        *_problems_of_name(client.name),
        *(
            FieldError(field=f"scopes/{index}", code="unknown_scope", message="is not a scope that it can have")
            for index, scope in enumerate(client.scopes)
            if scope not in allowed
        ),
        *_problems_of_redirects(client.redirect_uris),
    ]
    if not client.scopes:
        problems.append(FieldError(field="scopes", code="required", message="must name at least one scope"))
    if client.is_public and not client.acts_for_people:
        message = "are required of a public client, which has no secret to act for itself with"
        problems.append(FieldError(field="redirect_uris", code="required", message=message))
    if problems:
        raise InvalidInput(*problems)
    return msgspec.structs.replace(client, name=client.name.strip(), scopes=tuple(sorted(set(client.scopes))))


def require_there(client: Client) -> Client:
    """The client, unless it was removed. Raises `ClientNotFound`."""
    if client.removed_at is not None:
        raise ClientNotFound
    return client


def remove(client: Client, now: datetime) -> Client:
    """Nothing that it was given is good any more. Raises `ClientNotFound` for one that was removed before."""
    return msgspec.structs.replace(require_there(client), removed_at=now)


def renew_secret(client: Client, digest: str, by: str) -> Client:
    """Another secret; the one of before is good no more. Raises `ClientNotFound`, `NoSecret`.

    Another edition, unless it is for whoever answers for the client, and knew the one of before.
    """
    if require_there(client).is_public:
        raise NoSecret
    return msgspec.structs.replace(client, digest=digest, edition=client.edition + (by != client.created_by))


def change_redirects(client: Client, uris: Sequence[str]) -> Client:
    """Other redirect addresses. Raises `ClientNotFound`, `NoRedirects` for one that acts for itself.

    Raises `InvalidInput` naming each bad address: one that acts for people needs one, and stays what it is. With an
    address that it did not have it is another edition.
    """
    if not require_there(client).acts_for_people:
        raise NoRedirects
    problems = _problems_of_redirects(uris)
    if not uris:
        problems.append(FieldError(field="redirect_uris", code="required", message="must name at least one address"))
    if problems:
        raise InvalidInput(*problems)
    is_elsewhere = not {*uris} <= {*client.redirect_uris}
    return msgspec.structs.replace(client, redirect_uris=tuple(uris), edition=client.edition + is_elsewhere)


def hand_over(client: Client, to: str, held: Collection[str], now: datetime) -> Client:
    """Somebody else answers for what acts for itself, and it can do no more than they may, nor than was `held` by who
    did until now: these may know the secret still. One that is left nothing is removed. Raises `ClientNotFound`.
    """
    left = tuple(each for each in client.scopes if {each, EVERYTHING} & {*held})
    if not left:
        return remove(client, now)
    return msgspec.structs.replace(client, created_by=to, scopes=left)


def require_secret(client: Client, secret: str | None) -> None:
    """Raise `InvalidClient` unless it is the client's; a public client has none to show. The time tells nothing."""
    if client.digest is None:
        if secret:
            raise InvalidClient
        return
    if secret is None or not hmac.compare_digest(client.digest, token_hash(secret)):
        raise InvalidClient


def require_kind(client: Client, *, for_people: bool) -> None:
    """Raise `UnauthorizedClient` for a client of the other kind."""
    if client.acts_for_people is not for_people:
        raise UnauthorizedClient


def scopes_of(text: str | None, allowed: Sequence[str]) -> tuple[str, ...]:
    """The scopes that are asked for, sorted, each once; all that are allowed where none is named (RFC 6749, 3.3).

    Raises `InvalidScope` for any that is not allowed.
    """
    asked = set((text or "").split())
    if not asked:
        return tuple(allowed)
    if not asked <= set(allowed):
        raise InvalidScope
    return tuple(sorted(asked))


def _problems_of_name(name: str) -> list[FieldError]:
    if name.strip() and len(name) <= _LONGEST_NAME and name.isprintable():
        return []
    message = f"must be 1 to {_LONGEST_NAME} printable characters"
    return [FieldError(field="name", code="invalid_text", message=message)]


def _problems_of_redirects(uris: Sequence[str]) -> list[FieldError]:
    problems = [
        FieldError(field=f"redirect_uris/{index}", code="invalid_redirect_uri", message=message)
        for index, uri in enumerate(uris)
        if (message := problem_of(uri)) is not None
    ]
    if len(uris) > MAX_REDIRECTS or len(set(uris)) < len(uris):
        message = f"must be at most {MAX_REDIRECTS}, each once"
        problems.append(FieldError(field="redirect_uris", code="too_many", message=message))
    return problems
