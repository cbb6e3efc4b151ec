"""People, as those who look after them see them: nothing that proves who somebody is, no addresses."""

from datetime import datetime

import msgspec

from shopcore.access.model import ApiKey, Member
from shopcore.identity.model import Account
from shopcore.identity.model.proofs import Proof, is_vouched, proofs_of
from shopcore.identity.model.second_factor import in_use
from shopcore.kernel.ids import CustomerId
from shopcore.oauth.model import Client


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's account."""

    id: CustomerId
    email: str
    name: str | None
    created_at: datetime
    verified_at: datetime | None
    locked_at: datetime | None


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff. `email` and `name` are None once the account is gone: they may do nothing any more.

    `has_second_factor`: their password alone does not let them in. `is_vouched_for`: a second factor, or a passkey,
    is known to be theirs. `proofs` are all that they have set up.
    """

    id: CustomerId
    email: str | None
    name: str | None
    roles: tuple[str, ...]
    added_at: datetime
    added_by: str
    has_second_factor: bool
    is_vouched_for: bool
    proofs: tuple[Proof, ...]


class LeftBehind(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody answered for who has left: as it is now, ended or taken over. `apps` act for people, and stay
    unless it was said that they end: who has left may know their secrets, and get their codes.
    """

    api_keys: tuple[ApiKey, ...]
    oauth_clients: tuple[Client, ...]
    apps: tuple[Client, ...]


def person(account: Account) -> Person:
    """An account without its secrets."""
    return Person(
        id=account.id,
        email=account.email,
        name=account.name,
        created_at=account.created_at,
        verified_at=account.verified_at,
        locked_at=account.locked_at,
    )


def colleague(member: Member, account: Account | None) -> Colleague:
    """A member and the account that they are."""
    return Colleague(
        id=member.customer_id,
        email=None if account is None else account.email,
        name=None if account is None else account.name,
        roles=member.roles,
        added_at=member.added_at,
        added_by=member.added_by,
        has_second_factor=account is not None and in_use(account.second_factor) is not None,
        is_vouched_for=account is not None and is_vouched(account),
        proofs=() if account is None else proofs_of(account),
    )
