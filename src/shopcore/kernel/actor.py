"""Who acts. HTTP authenticates and names the actor; the core authorises."""

from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec

from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import CustomerId, SessionId


class Guest(msgspec.Struct, frozen=True, kw_only=True, tag="guest"):
    """Somebody who is not signed in, with the secrets that prove what is theirs."""

    cart_token: str | None = None
    order_token: str | None = None


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """The session that an actor came with: since when it is known who they are, and by what (names of RFC 8176)."""

    session_id: SessionId
    at: datetime
    methods: tuple[str, ...] = ()


class Customer(msgspec.Struct, frozen=True, kw_only=True, tag="customer"):
    """A signed-in customer; a cart token may name a guest cart to take along. `sign_in` is None in a library."""

    customer_id: CustomerId
    cart_token: str | None = None
    sign_in: SignIn | None = None


class Staff(msgspec.Struct, frozen=True, kw_only=True, tag="staff"):
    """Somebody who works for the shop, with the permissions of their roles. `sign_in` is None on the shop's machine."""

    name: str
    permissions: frozenset[str] = frozenset()
    sign_in: SignIn | None = None


class Integration(msgspec.Struct, frozen=True, kw_only=True, tag="integration"):
    """Another system whose signature or key was verified, such as a payment gateway."""

    name: str
    permissions: frozenset[str] = frozenset()


class System(msgspec.Struct, frozen=True, kw_only=True, tag="system"):
    """The shop itself: `kind` names the job or schedule. Nothing at the edge can construct it."""

    kind: str


Actor: TypeAlias = Guest | Customer | Staff | Integration | System

STEP_UP = timedelta(minutes=15)
"""How old a sign-in may be for an act on money: the time that NIST SP 800-63B, 4.3.3, gives an idle session at AAL3."""

EVERYTHING = "*"
"""The permission of an owner: it includes every other."""


def permit(actor: Actor, permission: str) -> None:
    """Let the act pass, or raise `Unauthenticated` (a guest) or `Forbidden` (anybody else who lacks the permission)."""
    match actor:
        case System():
            return
        case Staff() | Integration():
            if not {permission, EVERYTHING} & actor.permissions:
                raise Forbidden(f"this needs the permission {permission}")
        case Customer():
            raise Forbidden(f"this needs the permission {permission}")
        case Guest():
            raise Unauthenticated("this needs a signed-in member of staff")


class StepUpRequired(Unauthenticated):
    """It is known who they are, but not since recently: they have to sign in again."""

    code = "step_up_required"

    def __init__(self) -> None:
        super().__init__("this needs somebody who has just signed in; sign in again")


def require_recent(sign_in: SignIn | None, now: datetime, within: timedelta) -> None:
    """Raise `StepUpRequired` for a sign-in that is older. None is somebody who came without one, as in a library."""
    if sign_in is not None and now - sign_in.at > within:
        raise StepUpRequired


def require_step_up(actor: Actor, now: datetime) -> None:
    """For what moves money: raise `StepUpRequired` for a member of staff who signed in longer ago than `STEP_UP`."""
    if isinstance(actor, Staff):
        require_recent(actor.sign_in, now, STEP_UP)


def signed_in(actor: Actor) -> Customer:
    """The customer that the actor is. Raises `Unauthenticated` for a guest, `Forbidden` for anybody else."""
    match actor:
        case Customer():
            return actor
        case Guest():
            raise Unauthenticated("this needs a signed-in customer")
        case _:
            raise Forbidden("this is for customers only")


def name_of(actor: Actor) -> str:
    """How timelines and the audit log name the actor: a role and an id, nothing personal."""
    match actor:
        case Guest():
            return "guest"
        case Customer(customer_id=customer_id):
            return f"customer:{customer_id}"
        case Staff(name=name):
            return f"staff:{name}"
        case Integration(name=name):
            return f"integration:{name}"
        case System(kind=kind):
            return f"system:{kind}"
