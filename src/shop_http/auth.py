"""Who asks: headers become an actor, here and nowhere else. HTTP only authenticates; the core authorises.

| what is sent | who that is |
| --- | --- |
| nothing | a guest, with the secrets of their cart and order |
| `Authorization: Bearer <access token>` | the customer of the session that the token is of |
| the same, of an app | the customer, by the app, which can do what its scopes allow |
| the same, of an integration | the integration, with the permissions of its scopes |
| `Authorization: Bearer shopkey_…` | the integration that the API key was made for |
| the cookie of an access token, and `X-CSRF-Token` where something is changed | the customer of that session |

An address that needs a permission is for staff: there a customer is the member of staff that they are.
"""

from functools import partial
from typing import Protocol

from litestar.datastructures import Headers

from shop_http.cookies import Jar, cookie_of, require_own_page
from shopcore.access.model import PREFIX
from shopcore.kernel.actor import Actor, Customer, Guest, Integration
from shopcore.kernel.errors import Unauthenticated
from shopcore.kernel.ids import SessionId

CART_TOKEN = "X-Cart-Token"  # noqa: S105
ORDER_TOKEN = "X-Order-Token"  # noqa: S105
DEVICE_TOKEN = "X-Device-Token"  # noqa: S105

_LONGEST = 4_096  # characters of a credential; hashing more is work for nothing


class Doorkeeper(Protocol):
    """Knows people and systems by what they show."""

    async def admit_integration(self, secret: str) -> Integration:
        """Whoever holds this API key."""
        ...

    async def authenticate(self, guest: Guest, token: str) -> Customer | Integration:
        """Whoever came with this access token."""
        ...

    def is_page_token(self, session_id: SessionId, token: str) -> bool:
        """Whether it is what a page of ours shows with the cookies of this session."""
        ...


def guest_of(headers: Headers) -> Guest:
    """Somebody who is not signed in, with the secrets they hold; credentials are not looked at."""
    return Guest(cart_token=_token(headers.get(CART_TOKEN)), order_token=_token(headers.get(ORDER_TOKEN)))


async def actor_of(method: str, headers: Headers, door: Doorkeeper, jar: Jar) -> Actor:
    """Who sent these headers; `Authorization` counts more than a cookie.

    Raises `Unauthenticated` for credentials that are not known here, and `Refusal` for what another page may have sent.
    """
    guest, sent = guest_of(headers), headers.getall("authorization", [])
    if not sent:
        token = cookie_of(headers, jar.access)
        return guest if token is None else await _by_cookie(method, headers, guest, token, door)
    scheme, _, credentials = sent[0].partition(" ")
    if scheme.lower() != "bearer" or len(sent) > 1 or len(credentials) > _LONGEST:
        raise Unauthenticated("these credentials are not known here")
    if credentials.startswith(PREFIX):
        return await door.admit_integration(credentials)
    return await door.authenticate(guest, credentials)


async def _by_cookie(method: str, headers: Headers, guest: Guest, token: str, door: Doorkeeper) -> Customer:
    customer = await door.authenticate(guest, token)
    if not isinstance(customer, Customer) or customer.app is not None or customer.sign_in is None:
        raise Unauthenticated("these credentials are not known here")
    require_own_page(method, headers, partial(door.is_page_token, customer.sign_in.session_id))
    return customer


def _token(value: str | None) -> str | None:
    """A header as sent; an empty one is as good as none."""
    return value or None
