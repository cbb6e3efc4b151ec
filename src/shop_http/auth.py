"""Who asks. HTTP only authenticates; the core authorises."""

from litestar.datastructures import Headers

from shopcore.kernel.actor import Guest
from shopcore.kernel.errors import Unauthenticated

CART_TOKEN = "X-Cart-Token"  # noqa: S105
ORDER_TOKEN = "X-Order-Token"  # noqa: S105


def actor_of(headers: Headers) -> Guest:
    """A guest with the secrets they hold. Raises `Unauthenticated` for credentials, which nobody has here yet."""
    if "authorization" in headers:
        raise Unauthenticated("these credentials are not known here")
    return Guest(cart_token=_token(headers.get(CART_TOKEN)), order_token=_token(headers.get(ORDER_TOKEN)))


def _token(value: str | None) -> str | None:
    """A header as sent; an empty one is as good as none."""
    return value or None
