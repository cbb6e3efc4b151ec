"""Answers only to the shop's own names."""

from collections.abc import Sequence

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shop_http.errors import Refusal, answer_to


class Hosts:
    """Refuses a `Host` that is none of the shop's, as DNS rebinding sends it. Probes call health by address."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = frozenset(name.lower().encode() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith("/health/") or self._ours(scope):
            await self._app(scope, receive, send)
            return
        refusal = Refusal(400, "unknown_host", "this is not a name of this shop")
        await answer_to(refusal).to_asgi()(scope, receive, send)

    def _ours(self, scope: Scope) -> bool:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").lower()
        return host in self._allowed or host.rpartition(b":")[0] in self._allowed
