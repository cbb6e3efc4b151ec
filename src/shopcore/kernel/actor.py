"""Who acts. HTTP authenticates and names the actor; the core authorises."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import msgspec

from shopcore.kernel.errors import Forbidden, Unauthenticated
from shopcore.kernel.ids import CustomerId, SessionId, is_id


class Guest(msgspec.Struct, frozen=True, kw_only=True, tag="guest"):
    """Somebody who is not signed in, with the secrets that prove what is theirs."""

    cart_token: str | None = None
    order_token: str | None = None


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """The session that an actor came with: since when it is known who they are, and by what (names of RFC 8176)."""

    session_id: SessionId
    at: datetime
    methods: tuple[str, ...] = ()


class Own(StrEnum):
    """What a customer can let an app do with what is theirs: scopes (RFC 6749, 3.3) beside the permissions of staff."""

    PROFILE = "profile"
    ADDRESSES = "addresses"
    CART = "cart"
    CHECKOUT = "checkout"
    ORDERS = "orders"


class App(msgspec.Struct, frozen=True, kw_only=True):
    """A program that acts in somebody's name, and the scopes that it was given: it can do nothing else."""

    client_id: str
    scopes: frozenset[str]


class Customer(msgspec.Struct, frozen=True, kw_only=True, tag="customer"):
    """A signed-in customer; a cart token may name a guest cart to take along. `sign_in` is None in a library.

    `app` is the program that acts for them; None is the customer in person.
    """

    customer_id: CustomerId
    cart_token: str | None = None
    sign_in: SignIn | None = None
    app: App | None = None


class Staff(msgspec.Struct, frozen=True, kw_only=True, tag="staff"):
    """Somebody who works for the shop, with the permissions of their roles. `sign_in` is None on the shop's machine.

    Through an `app` they can do what both their roles and its scopes allow.
    """

    name: str
    permissions: frozenset[str] = frozenset()
    sign_in: SignIn | None = None
    app: App | None = None


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


class InsufficientScope(Forbidden):
    """The app was not given what this needs (RFC 6750, 3.1)."""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this app was not given the scope {scope}")


class NotForApps(Forbidden):
    """What only people may do: the person themselves, or staff in person; no app, and no key."""

    code = "not_for_apps"

    def __init__(self) -> None:
        super().__init__("this is for the person themselves, and no app can do it")


def permissions_of(actor: Staff | Integration) -> frozenset[str]:
    """What they may do; through an app no more than what it was given too."""
    app = actor.app if isinstance(actor, Staff) else None
    if app is None:
        return actor.permissions
    return app.scopes if EVERYTHING in actor.permissions else actor.permissions & app.scopes


def permit(actor: Actor, permission: str) -> None:
    """Let the act pass, or raise `Unauthenticated` (a guest) or `Forbidden` (anybody else who lacks the permission)."""
    match actor:
        case System():
            return
        case Staff() | Integration():
            if not {permission, EVERYTHING} & permissions_of(actor):
                raise Forbidden(f"this needs the permission {permission}")
        case Customer():
            raise Forbidden(f"this needs the permission {permission}")
        case Guest():
            raise Unauthenticated("this needs a signed-in member of staff")


class StepUpRequired(Unauthenticated):
    """It is known who they are, but not since recently: they have to sign in again."""

    code = "step_up_required"

    def __init__(self, by: str = "") -> None:
        super().__init__(f"this needs somebody who has just signed in{by and f' {by}'}; sign in again")


def require_recent(sign_in: SignIn | None, now: datetime, within: timedelta) -> None:
    """Raise `StepUpRequired` for a sign-in that is older. None is somebody who came without one, as in a library."""
    if sign_in is not None and now - sign_in.at > within:
        raise StepUpRequired


def require_step_up(actor: Actor, now: datetime) -> None:
    """For what moves money: raise `StepUpRequired` for a member of staff who signed in longer ago than `STEP_UP`.

    An app shows nothing of who holds it at this moment, so it never suffices.
    """
    if isinstance(actor, Staff):
        if actor.app is not None:
            raise StepUpRequired
        require_recent(actor.sign_in, now, STEP_UP)


def require_person(actor: Actor) -> None:
    """Raise `NotForApps` for a key or an integration: it is asked for no sign-in, so whoever has it could do this."""
    if isinstance(actor, Integration):
        raise NotForApps


def require_scope(actor: Actor, scope: Own) -> None:
    """Raise `InsufficientScope` for a customer's app that was not given this. Anybody else passes."""
    if isinstance(actor, Customer) and actor.app is not None and scope not in actor.app.scopes:
        raise InsufficientScope(scope)


def signed_in(actor: Actor, scope: Own | None = None) -> Customer:
    """The customer that the actor is: in person, or by an app that has the `scope`, if there is one for the act.

    Raises `Unauthenticated` for a guest, `InsufficientScope` or `NotForApps`, `Forbidden` for anybody else.
    """
    match actor:
        case Customer(app=App()) if scope is None:
            raise NotForApps
        case Customer():
            if scope is not None:
                require_scope(actor, scope)
            return actor
        case Guest():
            raise Unauthenticated("this needs a signed-in customer")
        case _:
            raise Forbidden("this is for customers only")


def name_of(actor: Actor) -> str:
    """How timelines and the audit log name the actor: a role and an id, and the app that acts for them if one does."""
    match actor:
        case Guest():
            return "guest"
        case Customer(customer_id=customer_id, app=app):
            return f"customer:{customer_id}{_through(app)}"
        case Staff(name=name, app=app):
            return f"staff:{name}{_through(app)}"
        case Integration(name=name):
            return f"integration:{name}"
        case System(kind=kind):
            return f"system:{kind}"


def person_in(name: str) -> CustomerId | None:
    """The customer that a member of staff is, by the name that they were written down under; None for anybody else.

    The owner of the machine, and staff that a library knows by names of its own, are no customers.
    """
    role, _, rest = name.partition(":")
    person = rest.partition("/")[0]
    return CustomerId(person) if role == "staff" and is_id(person) else None


def _through(app: App | None) -> str:
    return "" if app is None else f"/app:{app.client_id}"
