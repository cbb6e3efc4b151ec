"""Who asked, and how, where a proxy stands before the shop: believed of the proxies that the settings name alone.

The outermost wrapper. `X-Forwarded-For` is read from its end: each trusted hop has put down who came to it, so the
first address that is no proxy of ours is the caller, whatever a caller wrote before it. Of `X-Forwarded-Proto` and
`X-Forwarded-Host` the last value counts, which is what the nearest proxy says.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from shop_http.middleware.networks import Network, address_of, is_in, networks_of

_log = structlog.get_logger("shop.http")

_FOR, _PROTO, _HOST = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
_BELIEVED = frozenset({_FOR, _PROTO, _HOST})
_UNNAMED = "shop_unnamed"
_SCHEMES = {b"http": "http", b"https": "https"}
_REMEMBERED = 4_096  # addresses
_SHORT = 128  # bytes: three hops of IPv6
_HOST_FORM = re.compile(rb"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_WITH_PORT = re.compile(r"(?P<v4>[0-9.]+):[0-9]+|\[(?P<v6>[^\]]+)\](:[0-9]+)?")


class Proxies:
    """Puts what trusted proxies say in the place of what the connection says."""

    def __init__(self, app: ASGIApp, *, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusted = networks_of(trusted)
        self._has_warned = False
        self._is_trusted = lru_cache(_REMEMBERED)(self._looks_trusted)
        self._known_caller = lru_cache(_REMEMBERED)(self._caller)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == ScopeType.HTTP and (client := scope["client"]) and self._is_trusted(client[0]):
            believed = self._believed(scope)
            self._warn(believed)
            await self._app(believed, receive, send)
        else:
            await self._app(scope, receive, send)

    def _looks_trusted(self, peer: str) -> bool:
        return is_in(address_of(peer), self._trusted)

    def _caller(self, hops: bytes) -> str | None:
        return _caller([hop.strip() for hop in hops.split(b",")], self._trusted)

    def _believed(self, scope: HTTPScope) -> HTTPScope:
        found: Any = {**scope}
        said = _said(scope)
        hops = said.get(_FOR, b"")
        # As many are remembered as there are callers; but nothing long, whatever somebody sends.
        caller = self._known_caller(hops) if len(hops) <= _SHORT else self._caller(hops)
        if caller is not None:
            found["client"] = (caller, 0)
        else:
            found[_UNNAMED] = True
        if (scheme := _SCHEMES.get(_last(said, _PROTO).lower())) is not None:
            found["scheme"] = scheme
        host = _last(said, _HOST)
        if host and _HOST_FORM.fullmatch(host):
            found["headers"] = [(b"host", host), *(pair for pair in scope["headers"] if pair[0] != b"host")]
        believed: HTTPScope = found
        return believed

    def _warn(self, scope: HTTPScope) -> None:
        """Once: of a probe of the proxy's own it says nothing, and of a proxy that names nobody one line is enough."""
        if not self._has_warned and is_unnamed(scope):
            self._has_warned = True
            _log.warning("a trusted proxy does not say who asks", header="X-Forwarded-For", path=scope["path"])


def is_unnamed(scope: HTTPScope) -> bool:
    """Whether it is not known who asks: a trusted proxy does not say, or the connection has no address."""
    return scope["client"] is None or bool(cast("Any", scope).get(_UNNAMED))


def _said(scope: HTTPScope) -> dict[bytes, bytes]:
    """All values of each of the headers in their order: one may come several times, and with commas."""
    said: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _BELIEVED:
            said[name] = b"%b,%b" % (said[name], value) if name in said else value
    return said


def _last(said: dict[bytes, bytes], name: bytes) -> bytes:
    return said.get(name, b"").rpartition(b",")[2].strip()


def _caller(hops: Sequence[bytes], trusted: Sequence[Network]) -> str | None:
    """The first hop from the end that is no proxy of ours; what stands before something unreadable is not believed."""
    caller = None
    for hop in reversed(hops):
        text = hop.decode("latin-1")
        if shaped := _WITH_PORT.fullmatch(text):
            text = shaped["v4"] or shaped["v6"]
        address = address_of(text)
        if address is None:
            return caller
        caller = str(address)
        if not is_in(address, trusted):
            return caller
    return caller
