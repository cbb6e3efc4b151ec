"""Which web pages of other origins may use the shop, with their visitors' cookies (Fetch standard, CORS protocol)."""

from collections.abc import Sequence

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from shop_http.answers import PRIVATE, Answer
from shop_http.errors import Refusal, answer_to
from shop_http.middleware.edge import leave_headers

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_SENT = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Cart-Token, X-Correlation-ID, "
    "X-CSRF-Token, X-Device-Token, X-Order-Token"
)
_SEEN = (
    b"ETag, Idempotent-Replayed, Link, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    b"X-Cart-Token, X-Correlation-ID"
)
_MAX_AGE = "600"  # seconds that a browser remembers a preflight: an origin that is taken off the list is out by then
_VARY = (b"vary", b"Origin")


class Cors:
    """An exact list of origins. There is no wildcard, and `null`, which any sandboxed frame has, is never on it."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = frozenset(origin.encode() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        origin, is_preflight = _asked(scope)
        if origin in self._allowed:
            leave_headers(
                scope,
                _VARY,
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
                *(() if is_preflight else ((b"access-control-expose-headers", _SEEN),)),
            )
        else:
            leave_headers(scope, _VARY)
        if is_preflight:
            await self._preflight(origin).to_asgi()(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _preflight(self, origin: bytes) -> Answer:
        if origin not in self._allowed:
            return answer_to(Refusal(403, "origin_refused", "pages of this origin may not use this shop"))
        headers = {
            "access-control-allow-methods": _METHODS,
            "access-control-allow-headers": _SENT,
            "access-control-max-age": _MAX_AGE,
            "cache-control": PRIVATE,
        }
        return Answer(status=204, headers=headers)


def _asked(scope: HTTPScope) -> tuple[bytes, bool]:
    """The origin of the page, or b"", and whether a browser asks beforehand what it may send."""
    origin, wanted = b"", False
    for name, value in scope["headers"]:
        if name == b"origin":
            origin = value
        elif name == b"access-control-request-method":
            wanted = True
    return origin, bool(wanted and origin and scope["method"] == "OPTIONS")
