"""What apps and integrations can be given, what a person is asked, and what a client gets."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from shopcore.access.model import FOR_PEOPLE_ONLY, PERMISSIONS
from shopcore.kernel.actor import Own

OWN: Mapping[str, str] = MappingProxyType(
    {
        Own.ADDRESSES.value: "Add, change and remove addresses in your address book.",
        Own.CART.value: "See your cart, and change what is in it.",
        Own.CHECKOUT.value: "Order what is in your cart, and pay. Needs cart as well.",
        Own.ORDERS.value: "See your orders, and cancel them.",
        Own.PROFILE.value: "See your name, your e-mail address and your address book.",
    }
)
"""What is the customer's own. A scope with a colon is a permission, which only staff can lend."""

FOR_CLIENTS: Mapping[str, str] = MappingProxyType(
    {name: said for name, said in PERMISSIONS.items() if name not in FOR_PEOPLE_ONLY}
)
"""The permissions that a client can have."""

OFFERED: Mapping[str, str] = MappingProxyType({**OWN, **FOR_CLIENTS})
"""Every scope, with what it lets a client do."""


class ClientProof(msgspec.Struct, frozen=True, kw_only=True):
    """Which client somebody says they are, what shows it, and the network that they come from."""

    client_id: str
    secret: str | None = None
    network: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The person is to be asked whether they let this client have these scopes, and go back to `redirect_uri` then."""

    client_id: str
    client_name: str
    redirect_uri: str
    scopes: Mapping[str, str]


class SentBack(msgspec.Struct, frozen=True, kw_only=True):
    """The person goes back to the client, with a code or with why there is none."""

    location: str


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens for a client. Who acts for itself gets no refresh token (RFC 6749, 4.4.3): it asks again."""

    access_token: str
    expires_in: int
    scopes: tuple[str, ...]
    refresh_token: str | None = None


class AppOfMine(msgspec.Struct, frozen=True, kw_only=True):
    """An app that a customer lets do something. `asks_again`: its codes can go to somebody else since. What sessions it
    has stay until they are withdrawn, and it gets no other one before the customer was asked.
    """

    client_id: str
    name: str
    scopes: Mapping[str, str]
    given_at: datetime
    asks_again: bool


def described(scopes: tuple[str, ...]) -> Mapping[str, str]:
    """Scopes, with what each lets a client do; one that is not there any more lets it do nothing."""
    return {scope: OFFERED[scope] for scope in scopes if scope in OFFERED}
