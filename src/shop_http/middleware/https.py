"""Only over HTTPS: in production nothing that matters is answered in the clear."""

from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from shop_http.answers import Answer
from shop_http.errors import Refusal, answer_to

_CREDENTIALS = frozenset({b"authorization", b"cookie", b"x-cart-token", b"x-order-token"})
_PLAIN = ("/health/", "/metrics")  # probes and scrapers come from inside, past the proxy


class OnlyHttps:
    """Sends a look to the same address over HTTPS, and refuses an act, or a look that has shown its secrets already.

    A redirect for those would work too, and nobody would notice that the secrets cross the network in the clear.
    """

    def __init__(self, app: ASGIApp, *, app_url: str) -> None:
        self._app = app
        self._origin = f"https://{urlsplit(app_url).netloc}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != ScopeType.HTTP or scope["scheme"] == "https" or scope["path"].startswith(_PLAIN):
            await self._app(scope, receive, send)
        else:
            await self._answer(scope).to_asgi()(scope, receive, send)

    def _answer(self, scope: HTTPScope) -> Answer:
        if scope["method"] not in {"GET", "HEAD"} or any(name in _CREDENTIALS for name, _ in scope["headers"]):
            return answer_to(Refusal(400, "https_required", "this shop is spoken to over HTTPS only"))
        query = scope["query_string"].decode("latin-1")
        path = "/" + scope["raw_path"].decode("latin-1").partition("?")[0].lstrip("/")
        return Answer(status=308, headers={"location": f"{self._origin}{path}{'?' if query else ''}{query}"})
