"""The outermost wrapper: a correlation id, protective headers, figures and a log line for every request."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from shop_http.errors import answer_to
from shop_http.middleware.headers import headers_for
from shop_http.middleware.metrics import Metrics
from shop_http.middleware.networks import masked
from shopcore.kernel.correlation import correlation_id, origin
from shopcore.kernel.deadline import until

EXTRA_HEADERS: Final = "shop_http.headers"
"""Where in the scope an inner wrapper leaves headers for whatever the answer will be."""

UNMATCHED = "unmatched"


Left = Sequence[tuple[bytes, bytes]]


def left_in(scope: Any) -> Left:
    """The headers that will be on whatever the answer is."""
    left: Left = scope.get(EXTRA_HEADERS, ())
    return left


def leave_headers(scope: Any, *headers: tuple[bytes, bytes]) -> None:
    """Have these headers on whatever the answer will be, beside those that others have left."""
    scope[EXTRA_HEADERS] = [*left_in(scope), *headers]


def replace_headers(scope: Any, *headers: tuple[bytes, bytes]) -> None:
    """The same, in the place of those of the same names."""
    names = {name for name, _ in headers}
    scope[EXTRA_HEADERS] = [*(pair for pair in left_in(scope) if pair[0] not in names), *headers]


_CLOSED_BY_CLIENT = 499  # the convention of proxies for a caller who did not wait
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_log = structlog.get_logger("shop.access")


class Edge:
    """Wraps the whole application. `new_id` makes correlation ids for callers who send none that is sane.
    A request may take so many `seconds`: what it waits for is told.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, new_id: Callable[[], str], seconds: float) -> None:
        self._app = app
        self._metrics = metrics
        self._new_id = new_id
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; lifespan events pass through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request = _Request(scope, send, _sane_id(scope) or self._new_id())
        token = correlation_id.set(request.correlation)
        came_from = origin.set(_origin(scope))
        begun = time.perf_counter()
        self._metrics.in_flight += 1
        try:
            with until(time.monotonic() + self._seconds):
                await self._app(request.scope, receive, request.send)
        except Exception as error:  # noqa: BLE001 - nothing stands outside of this that could answer
            await request.fail(error, receive)
        finally:
            self._metrics.in_flight -= 1
            self._note(request, time.perf_counter() - begun)
            origin.reset(came_from)
            correlation_id.reset(token)

    def _note(self, request: "_Request", seconds: float) -> None:
        """Count and log. Nothing personal: the route's template instead of the address, no query, no tokens."""
        route, status = request.route(), request.status or _CLOSED_BY_CLIENT
        self._metrics.answered(request.method, route, status, seconds)
        _log.info(
            "request",
            method=request.method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 3),
            correlation_id=request.correlation,
        )


class _Request:
    """One request under way."""

    __slots__ = ("_bodiless", "_send", "correlation", "method", "scope", "status")

    def __init__(self, scope: Any, send: Send, correlation: str) -> None:
        self.correlation = correlation
        self.method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.status: int | None = None
        self._send = send
        self._bodiless = self.method == "HEAD"
        # RFC 9110, 9.3.2: as GET, without the content. In a copy: the server must know that none follows the length.
        self.scope: Any = {**scope, "method": "GET"} if self._bodiless else scope

    def route(self) -> str:
        """The template that matched: known only once the application has routed."""
        return str(self.scope.get("path_template") or UNMATCHED)

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if message["type"] == "http.response.start":
            self._start(message)
        elif self._bodiless and message["type"] == "http.response.body":
            message["body"] = b""
        await self._send(message)

    def _start(self, message: HTTPResponseStartEvent) -> None:
        self.status = message["status"]
        message["headers"] = [
            *message["headers"],
            (b"x-correlation-id", self.correlation.encode()),
            *headers_for(self.route(), self.scope["scheme"]),
            *left_in(self.scope),
        ]

    async def fail(self, error: Exception, receive: Receive) -> None:
        """Answer what nobody inside has answered; a broken answer cannot be mended, only logged."""
        answer = answer_to(error)
        if self.status is None:
            await answer.to_asgi()(self.scope, receive, self.send)


def _sane_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-correlation-id":
            return value.decode() if _SANE.fullmatch(value) else None
    return None


def _origin(scope: Scope) -> str:
    client = scope["client"]
    return masked(client[0]) if client else ""
