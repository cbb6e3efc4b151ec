"""Who asks: headers become an actor, here and nowhere else. HTTP only authenticates; the core authorises.

| what is sent | who that is |
| --- | --- |
| nothing | a guest, with the secrets of their cart and order |
| `Authorization: Bearer shopkey_…` | the integration that the API key was made for |

An address that needs a permission is for staff: there a customer is the member of staff that they are.
"""

from typing import Protocol

from litestar.datastructures import Headers

from shopcore.access.model import PREFIX
from shopcore.kernel.actor import Actor, Guest, Integration
from shopcore.kernel.errors import Unauthenticated

CART_TOKEN = "X-Cart-Token"  # noqa: S105
ORDER_TOKEN = "X-Order-Token"  # noqa: S105

_LONGEST = 4_096  # characters of a credential; hashing more is work for nothing


class Doorkeeper(Protocol):
    """Knows people and systems by what they show."""

    async def admit_integration(self, secret: str) -> Integration:
        """Whoever holds this API key."""
        ...


async def actor_of(headers: Headers, door: Doorkeeper) -> Actor:
    """Who sent these headers. Raises `Unauthenticated` for credentials that are not known here."""
    authorization = headers.get("authorization")
    if authorization is None:
        return Guest(cart_token=_token(headers.get(CART_TOKEN)), order_token=_token(headers.get(ORDER_TOKEN)))
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer" and credentials.startswith(PREFIX) and len(credentials) <= _LONGEST:
        return await door.admit_integration(credentials)
    raise Unauthenticated("these credentials are not known here")


def _token(value: str | None) -> str | None:
    """A header as sent; an empty one is as good as none."""
    return value or None
