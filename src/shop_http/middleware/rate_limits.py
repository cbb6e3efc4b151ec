"""How often one address may ask, by class of route; and one account or key, wherever it asks from."""

import ipaddress
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from litestar.utils import normalize_path

from shop_http.errors import answer_to, retry_after
from shop_http.middleware.edge import leave_headers, left_in, replace_headers
from shop_http.middleware.networks import address_of
from shopcore.kernel.errors import RateLimited


class Verdict(Protocol):
    """What a limiter says of one request."""

    @property
    def allowed(self) -> bool:
        """Whether it may pass."""
        ...

    @property
    def limit(self) -> int:
        """How many may pass in a window."""
        ...

    @property
    def remaining(self) -> int:
        """How many more may pass at once."""
        ...

    @property
    def reset_seconds(self) -> float:
        """When that changes."""
        ...


Hit = Callable[[str, int, float], Awaitable[Verdict]]
"""Counts one request under a key: `(key, limit, window in seconds)`."""


class Limit(NamedTuple):
    """So many requests of a class in a window of so many seconds, from one address."""

    name: str
    methods: frozenset[str]
    paths: re.Pattern[str]
    hits: int
    window_seconds: float


_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

LIMITS: Sequence[Limit] = (
    Limit("checkout", _WRITES, re.compile(r"/cart/checkout|/orders/[^/]+/payment"), 30, 60.0),
    # What can be guessed, or sends a mail to somebody: people do it a few times, programs by the thousand.
    Limit("sign_in", _WRITES, re.compile(r"/auth/(login|mfa/.*|passkeys(/.*)?|password/change)"), 20, 60.0),
    # A program asks for all of its people from one address; secrets that are guessed are counted for each client.
    Limit("app_tokens", _WRITES, re.compile(r"/oauth/token"), 600, 60.0),
    Limit(
        "tokens",
        _WRITES,
        re.compile(r"/auth/(verify-email|email/confirm|password/reset|refresh)|/oauth/(revoke|authorize)"),
        30,
        60.0,
    ),
    Limit("mails", _WRITES, re.compile(r"/auth/(register|verify-email/resend|password/forgot)|/me/email"), 10, 600.0),
    Limit("coupons", _WRITES, re.compile(r"/cart/coupons(/.*)?"), 15, 60.0),
    # Others do these for many people from few addresses, such as a mail provider for all of its readers. A gateway says
    # two or more things of each payment, behind a proxy that is not trusted from one address: 400 a second.
    Limit("webhooks", _WRITES, re.compile(r"/webhooks/.*"), 24_000, 60.0),
    Limit("unsubscribe", _WRITES, re.compile(r"/unsubscribe/.*"), 1_200, 60.0),
    Limit("writes", _WRITES, re.compile(r".*", re.DOTALL), 240, 60.0),
    Limit("unlimited", _READS, re.compile(r"/health/.*|/metrics|/docs.*|/openapi\.json"), 0, 0.0),
    Limit("search", _READS, re.compile(r"/products/search"), 240, 60.0),
    Limit("orders", _READS, re.compile(r"/orders(/.*)?"), 240, 60.0),
    Limit("reads", _READS, re.compile(r".*", re.DOTALL), 1_800, 60.0),
)
"""The first that matches holds. Order tokens have 128 bits and more: their limit spares the shop, not the secret."""


_ACTOR_READS = Limit("reads", _READS, re.compile(r".*", re.DOTALL), 1_800, 60.0)
_ACTOR_WRITES = Limit("writes", _WRITES, re.compile(r".*", re.DOTALL), 300, 60.0)
"""Of one account or API key, by however many addresses: a stolen one is not worth more with a thousand machines."""

_BY_ACTOR = frozenset({"coupons", "mails"})
"""Classes whose limit holds for one account as for one address.

Else a code is guessed from a thousand addresses, or a thousand strangers are written to by one account.
"""


@lru_cache(maxsize=4096)
def limit_of(method: str, path: str) -> Limit | None:
    """The class of a request, or None where there is no limit. `//cart/checkout` is served as the address it means."""
    routed = normalize_path(path)
    found = next((limit for limit in LIMITS if method in limit.methods and limit.paths.fullmatch(routed)), None)
    return found if found and found.hits else None


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Whom to count: an IPv4 address, or the /64 of an IPv6 address, all of which one subscriber has."""
    parsed = address_of(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address if parsed is None else str(parsed)


class RateLimits:
    """Refuses with 429 what comes too often, and says in every limited answer how much is left."""

    def __init__(self, app: ASGIApp, *, hit: Hit) -> None:
        self._app = app
        self._hit = hit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != ScopeType.HTTP or (limit := limit_of(scope["method"], scope["path"])) is None:
            await self._app(scope, receive, send)
            return
        verdict = await self._hit(f"{limit.name}/{caller_of(scope)}", limit.hits, limit.window_seconds)
        leave_headers(scope, *_headers(verdict))
        if verdict.allowed:
            await self._app(scope, receive, send)
            return
        await answer_to(_too_many(verdict)).to_asgi()(scope, receive, send)


async def count_actor(scope: HTTPScope, name: str, hit: Hit) -> None:
    """Count a request of somebody who is known. The tighter of their two limits is told. Raises `RateLimited`."""
    limit = _ACTOR_READS if scope["method"] in _READS else _ACTOR_WRITES
    of_class = limit_of(scope["method"], scope["path"])
    if of_class is not None and of_class.name in _BY_ACTOR:
        limit = of_class
    verdict = await hit(f"actor-{limit.name}/{name}", limit.hits, limit.window_seconds)
    if verdict.remaining < _told(scope):
        replace_headers(scope, *_headers(verdict))
    if not verdict.allowed:
        raise _too_many(verdict)


def _too_many(verdict: Verdict) -> RateLimited:
    return RateLimited("too many requests; wait a little", retry_after=verdict.reset_seconds)


def _told(scope: HTTPScope) -> float:
    """How many more the address may ask, as the answer will say it; no bound where it says nothing."""
    return next((int(value) for name, value in left_in(scope) if name == b"ratelimit-remaining"), math.inf)


def caller_of(scope: HTTPScope) -> str:
    """Whom a request is counted for, as `network_of` says."""
    client = scope["client"]
    return network_of(client[0]) if client else "unknown"


def _headers(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % verdict.limit),
        (b"ratelimit-remaining", b"%d" % verdict.remaining),
        (b"ratelimit-reset", retry_after(verdict.reset_seconds).encode()),
    ]
