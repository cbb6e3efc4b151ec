"""Catalogue pages as encoded bytes: made once, served many times, at most a second old."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol, TypeAlias

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from shop_http.answers import etag_of, has_it_already
from shop_http.errors import Problem
from shop_http.middleware.metrics import Metrics
from shopcore.kernel.correlation import correlation_id

LIFETIME = 1.0  # seconds: how old a stock figure may be by the HTTP contract
MAX_PAGES = 4_096
MAX_BYTES = 32 * 1024 * 1024  # of bodies, whatever addresses somebody invents
_PATHS = ("/products", "/categories")
_REFUSALS = frozenset({404, 503})  # what does not depend on who asks

Headers = list[tuple[bytes, bytes]]


class Page(NamedTuple):
    """An answer with status 200, and what it was made from."""

    headers: Headers
    body: bytes
    etag: str
    route: str
    revision: int
    born: float


class Refused(NamedTuple):
    """That there is no such page, or that it could not be made: for everybody who asked meanwhile."""

    headers: Headers
    problem: Problem
    route: str


Made: TypeAlias = Page | Refused | None
"""None is an answer for one caller alone."""


class Carried(msgspec.Struct, frozen=True, array_like=True):
    """A page as servers give it to each other."""

    headers: list[tuple[bytes, bytes]]
    body: bytes
    etag: str
    route: str


class Found(Protocol):
    """What a look among the others' pages gave."""

    @property
    def content(self) -> bytes | None:
        """The page."""
        ...

    @property
    def age_seconds(self) -> float:
        """How long ago it was begun."""
        ...

    @property
    def looked_at(self) -> int | None:
        """When that was, by the time of whoever keeps the pages."""
        ...


class Others(Protocol):
    """Pages that the servers of a shop make for each other."""

    async def find(self, key: bytes, revision: int) -> Found:
        """A page of that revision that another server has made within its lifetime."""
        ...

    async def keep(self, key: bytes, revision: int, content: bytes, looked_at: int | None) -> None:
        """Give a page to the others."""
        ...


class Pages:
    """The least recently used go first. Of many who want a missing page at once, one makes it and the others wait."""

    def __init__(
        self, *, max_pages: int = MAX_PAGES, max_bytes: int = MAX_BYTES, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_pages = max_pages
        self._max_bytes = max_bytes
        self._now = now
        self._bytes = 0
        self._kept: OrderedDict[bytes, Page] = OrderedDict()
        self._flights: dict[tuple[bytes, int], asyncio.Future[tuple[Made, bool]]] = {}

    def find(self, key: bytes, revision: int) -> Page | None:
        """The page, if it is still good: of this revision of the catalogue, and young enough."""
        page = self._kept.get(key)
        if page is None or page.revision != revision or self._now() - page.born > LIFETIME:
            return None
        self._kept.move_to_end(key)
        return page

    async def made_by_another(self, key: bytes, revision: int) -> Made:
        """Wait for whoever is making the page; None when nobody is, or nothing that can be shared came of it. That it
        was refused is shared as well: else all who waited would set out at once.

        Where its maker went away, the first to notice is told that nobody is, and the others wait for that one.
        """
        while (flight := self._flights.get((key, revision))) is not None:
            made, answered = await asyncio.shield(flight)
            if answered:
                return made
        return None

    async def make(self, key: bytes, revision: int, how: Callable[[float], Awaitable[Made]]) -> Made:
        """Make the page, let others wait for it, and keep it; a refusal is kept for nobody who comes later. `how` is
        told when it was begun.
        """
        flight: asyncio.Future[tuple[Made, bool]] = asyncio.get_running_loop().create_future()
        self._flights[key, revision] = flight
        made: Made = None
        answered = False
        try:
            made, answered = await how(self._now()), True
        finally:
            if self._flights.get((key, revision)) is flight:
                del self._flights[key, revision]
            flight.set_result((made, answered))
        if isinstance(made, Page):
            self._keep(key, made)
        return made

    def _keep(self, key: bytes, page: Page) -> None:
        self._forget(key)
        self._kept[key] = page
        self._bytes += len(page.body)
        while len(self._kept) > self._max_pages or self._bytes > self._max_bytes:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: bytes) -> None:
        page = self._kept.pop(key, None)
        self._bytes -= len(page.body) if page else 0


class PageCache:
    """Answers reads of the catalogue from `Pages`, with ETag and 304; everything else passes.

    `revision` says which catalogue is the present one, so that a change is seen at once and only stock may lag. What
    is not there may have been made by another server: `others` are asked before the shop is, once for all who wait.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        revision: Callable[[], Awaitable[int]],
        metrics: Metrics,
        pages: Pages | None = None,
        others: Callable[[], Others | None] = lambda: None,
    ) -> None:
        self._app = app
        self._revision = revision
        self._pages = pages or Pages()
        self._others = others
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "GET" or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        key = scope["raw_path"] + b"?" + scope["query_string"]
        revision = await self._revision()
        page = self._pages.find(key, revision) or await self._pages.made_by_another(key, revision)
        if isinstance(page, Refused):
            await _refuse(page, scope, send)
            return
        if page is not None:
            self._metrics.pages_from_cache += 1
            await _serve(page, scope, send)
            return
        recording, others = _Recording(scope, revision), self._others()
        found: Found | None = None

        async def make(begun: float) -> Made:
            nonlocal found
            if others is not None:
                found = await others.find(key, revision)
                if (page := _page(found, revision, begun)) is not None:
                    self._metrics.pages_from_others += 1
                    return page
            self._metrics.pages_from_shop += 1
            await self._app(scope, receive, recording.take)
            return recording.made(begun)

        made = await self._pages.make(key, revision, make)
        await (_serve(made, scope, send) if isinstance(made, Page) else recording.replay(send))
        if isinstance(made, Page) and others is not None and found is not None and found.content is None:
            await others.keep(key, revision, _carried(made), found.looked_at)


def _page(found: Found, revision: int, now: float) -> Page | None:
    """The page that another server has made; None if there is none, or one that this release cannot read."""
    if found.content is None:
        return None
    try:
        carried = msgspec.msgpack.decode(found.content, type=Carried)
    except msgspec.DecodeError:
        return None
    return Page(carried.headers, carried.body, carried.etag, carried.route, revision, now - found.age_seconds)


def _carried(page: Page) -> bytes:
    return msgspec.msgpack.encode(Carried(page.headers, page.body, page.etag, page.route))


class _Recording:
    """What the application answered, held back until it is whole."""

    def __init__(self, scope: HTTPScope, revision: int) -> None:
        self._scope = scope
        self._revision = revision
        self._messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self._messages.append(message)

    async def replay(self, send: Send) -> None:
        for message in self._messages:
            await send(message)

    def made(self, begun: float) -> Made:
        """The page, or that there is none, unless this is an answer of another kind."""
        start, *rest = self._messages
        if start["type"] != "http.response.start":
            return None
        body = b"".join(part["body"] for part in rest if part["type"] == "http.response.body")
        if start["status"] in _REFUSALS:
            headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
            problem = msgspec.json.decode(body, type=Problem)
            return Refused(headers, problem, self._scope.get("path_template", ""))
        if start["status"] != 200:
            return None
        etag = etag_of(body)
        headers = [*start["headers"], (b"etag", etag.encode())]
        return Page(headers, body, etag, self._scope["path_template"], self._revision, begun)


async def _refuse(refused: Refused, scope: HTTPScope, send: Send) -> None:
    """As the one who made it was refused, under the caller's own correlation id."""
    scope["path_template"] = refused.route
    problem = msgspec.structs.replace(refused.problem, correlation_id=correlation_id.get())
    body = msgspec.json.encode(problem)
    headers = [*refused.headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _serve(page: Page, scope: HTTPScope, send: Send) -> None:
    scope["path_template"] = page.route
    if has_it_already(_if_none_match(scope), page.etag):
        kept = [(name, value) for name, value in page.headers if not name.startswith(b"content-")]
        await send({"type": "http.response.start", "status": 304, "headers": kept})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    await send({"type": "http.response.start", "status": 200, "headers": page.headers})
    await send({"type": "http.response.body", "body": page.body, "more_body": False})


def _if_none_match(scope: HTTPScope) -> str | None:
    found = [value for name, value in scope["headers"] if name == b"if-none-match"]
    return b",".join(found).decode("latin-1") if found else None
