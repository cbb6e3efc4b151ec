"""Members of staff: customers' accounts that have roles."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from shopcore.access.errors import LastOwner, SecondFactorNotVouched, SecondFactorRequired
from shopcore.access.model.roles import OWNER
from shopcore.kernel.actor import SignIn
from shopcore.kernel.ids import CustomerId

_MULTIPLE = "mfa"  # RFC 8176, 2: more than one factor was shown
_VOUCHED = "vouched"  # one of them is known to be the account's owner's


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works for the shop. `roles` are sorted, each once; `added_by` is an actor's name."""

    customer_id: CustomerId
    roles: tuple[str, ...]
    added_at: datetime
    added_by: str


def with_roles(member: Member, roles: Iterable[str]) -> Member:
    """The same member in other roles."""
    return msgspec.structs.replace(member, roles=tuple(sorted(set(roles))))


def require_another_owner(members: Sequence[Member], leaving: Member) -> None:
    """Raise `LastOwner` if nobody else is one."""
    others = [member for member in members if member.customer_id != leaving.customer_id]
    if OWNER in leaving.roles and not any(OWNER in member.roles for member in others):
        raise LastOwner


def require_second_factor(sign_in: SignIn | None) -> None:
    """Raise `SecondFactorRequired` for a sign-in by one factor, `SecondFactorNotVouched` where nobody vouches for it.

    None is somebody who came without a sign-in, as in a library. It is the sign-in that counts and not the account: a
    session from before the factor shows nothing of it.
    """
    if sign_in is None:
        return
    if _MULTIPLE not in sign_in.methods:
        raise SecondFactorRequired
    if _VOUCHED not in sign_in.methods:
        raise SecondFactorNotVouched
