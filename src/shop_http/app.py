"""The ASGI application: routes, the shop behind them, and the wrappers around them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from itertools import count
from typing import Any

import structlog
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp

from shop_http.errors import handle
from shop_http.middleware.cors import Cors
from shop_http.middleware.edge import Edge
from shop_http.middleware.hosts import Hosts
from shop_http.middleware.https import OnlyHttps
from shop_http.middleware.metrics import Metrics
from shop_http.middleware.networks import Networks
from shop_http.middleware.page_cache import PageCache
from shop_http.middleware.proxies import Proxies
from shop_http.middleware.rate_limits import RateLimits, Verdict
from shop_http.openapi import document
from shop_http.routes.options import options_of
from shop_http.routes.served import ROUTES
from shop_http.visit import visit
from shopcore.kernel.tracebacks import traceback_of
from shopcore.shop import Settings, Shop

_log = structlog.get_logger("shop.http")


def create_app(opening: Settings | Shop) -> ASGIApp:
    """The whole application. Given settings it opens and closes a shop of its own; given a shop it leaves that open."""
    return around(new_site(settings_of(opening).body_limit), opening)


def around(site: Litestar, opening: Settings | Shop) -> ASGIApp:
    """The application of a site, which stands by itself or is done with the shop that it had: to make one takes twenty
    times as long as to open a shop, and it holds nothing but what it is given here.
    """
    settings, metrics = settings_of(opening), Metrics(lambda: _shop(site).shared_state())
    site.state = State({"metrics": metrics, "opening": opening, "openapi": _document_of(site)})

    def revision() -> Awaitable[int]:
        return _shop(site).catalog_revision()

    def hit(key: str, limit: int, window_seconds: float) -> Awaitable[Verdict]:
        return _shop(site).hit(key, limit, window_seconds)

    app: ASGIApp = PageCache(site, revision=revision, metrics=metrics, others=lambda: _shop(site).pages)
    if settings.rate_limits == "on":
        app = RateLimits(app, hit=hit)
    app = Edge(
        _guarded(app, settings), metrics=metrics, new_id=_numbered(site), seconds=settings.request_timeout_seconds
    )
    return Proxies(app, trusted=settings.trusted_proxies) if settings.trusted_proxies else app


def _guarded(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Behind what refuses a request for where it comes from and how; nothing stands in the way that was not set."""
    if settings.shop_env == "production":
        app = OnlyHttps(app, app_url=settings.app_url)
    if settings.allowed_hosts:
        app = Hosts(app, allowed=settings.allowed_hosts)
    if settings.allowed_networks or settings.blocked_networks:
        app = Networks(app, allowed=settings.allowed_networks, blocked=settings.blocked_networks)
    return Cors(app, allowed=settings.allowed_origins) if settings.allowed_origins else app


def _numbered(site: Litestar) -> Callable[[], str]:
    """Ids for requests: an id of the shop's for the process, and a number. One of the shop's for each costs tenfold."""
    numbers, process = count(1), ""

    def new_id() -> str:
        nonlocal process
        process = process or _shop(site).new_id()
        return f"{process}.{next(numbers)}"

    return new_id


def settings_of(opening: Settings | Shop) -> Settings:
    """Those of a shop that is open or will be."""
    return opening.settings if isinstance(opening, Shop) else opening


def new_site(body_limit: int) -> Litestar:
    """The routes, and no shop yet; bodies of more than so many bytes are refused."""
    return Litestar(
        route_handlers=[*options_of(ROUTES), *ROUTES],
        lifespan=[_open_for_business],
        dependencies={"visit": Provide(visit)},
        exception_handlers={Exception: handle},
        request_max_body_size=body_limit,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


@asynccontextmanager
async def _open_for_business(site: Litestar) -> AsyncGenerator[None]:
    async with _shop_of(site.state.opening) as shop, _worker_of(shop):
        site.state.shop = shop
        yield


_documents: list[bytes] = []


def _document_of(site: Litestar) -> bytes:
    """Made once: every site of a process has the same routes, and to describe them takes longer than to make it."""
    if not _documents:
        _documents.append(document(handlers_of(site), version=version("shopcore")))
    return _documents[0]


def handlers_of(site: Litestar) -> Iterator[tuple[str, str, Any]]:
    """Every `(method, path template, handler)` that is served."""
    for route in site.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    if method != "OPTIONS":
                        yield method, route.path_format, handler


def _shop(site: Litestar) -> Shop:
    shop: Shop = site.state.shop
    return shop


@asynccontextmanager
async def _shop_of(opening: Settings | Shop) -> AsyncGenerator[Shop]:
    if isinstance(opening, Shop):
        yield opening
        return
    async with Shop.open(opening) as shop:
        yield shop


@asynccontextmanager
async def _worker_of(shop: Shop) -> AsyncGenerator[None]:
    """Does the shop's jobs beside its requests, unless a separate worker does."""
    if shop.settings.worker != "inline":
        yield
        return
    working = asyncio.create_task(shop.run_worker(), name="worker")
    working.add_done_callback(_note_death)
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait([working])


def _note_death(worker: asyncio.Task[None]) -> None:
    """A worker ends when it is told to. One that ends otherwise leaves jobs undone, and somebody has to know."""
    if not worker.cancelled():
        ended = worker.exception()
        _log.critical("worker_died", exception=traceback_of(ended) if ended else None)
