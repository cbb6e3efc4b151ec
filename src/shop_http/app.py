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
from shop_http.routes import (
    addresses,
    admin,
    admin_api_keys,
    admin_customers,
    admin_jobs,
    admin_money,
    admin_oauth_clients,
    admin_orders,
    admin_reports,
    admin_roles,
    admin_staff,
    admin_webhook_log,
    admin_webhooks,
    apps,
    auth,
    bogus,
    cart,
    cart_items,
    categories,
    checkout,
    cookie_sessions,
    docs,
    explanation,
    me,
    mfa,
    oauth,
    operations,
    orders,
    passkeys,
    passwords,
    payment_methods,
    privacy,
    products,
    sessions,
    unsubscribe,
    watches,
    webhooks,
)
from shop_http.routes.options import options_of
from shop_http.visit import visit
from shopcore.shop import Settings, Shop

_log = structlog.get_logger("shop.http")

ROUTES = (
    products.list_products,
    products.search_products,
    products.show_product,
    categories.list_categories,
    categories.show_category,
    cart.show_cart,
    cart.update_cart,
    cart_items.add_item,
    cart_items.set_quantity,
    cart_items.remove_item,
    cart.list_shipping_methods,
    cart.apply_coupon,
    cart.remove_coupon,
    checkout.check_out,
    orders.list_orders,
    orders.show_order,
    explanation.explain_order,
    orders.show_payment,
    orders.retry_payment,
    orders.cancel_order,
    auth.register,
    auth.verify_email,
    auth.resend_verification,
    auth.login,
    auth.refresh,
    cookie_sessions.show_page_token,
    sessions.logout,
    sessions.logout_all,
    sessions.list_sessions,
    sessions.end_session,
    sessions.keys,
    passwords.forgot_password,
    passwords.reset_password,
    passwords.change_password,
    *mfa.ROUTES,
    passkeys.begin_passkey,
    passkeys.add_passkey,
    passkeys.list_passkeys,
    passkeys.rename_passkey,
    passkeys.remove_passkey,
    passkeys.ask_for_passkey,
    passkeys.sign_in_by_passkey,
    passkeys.confirm_by_passkey,
    apps.authorize,
    apps.decide,
    oauth.token,
    oauth.revoke,
    oauth.metadata,
    me.show_me,
    me.update_me,
    me.change_email,
    me.confirm_email,
    privacy.erase_me,
    privacy.export_me,
    apps.list_apps,
    apps.withdraw_app,
    addresses.list_addresses,
    addresses.add_address,
    addresses.show_address,
    addresses.replace_address,
    addresses.remove_address,
    payment_methods.list_payment_methods,
    payment_methods.remove_payment_method,
    *watches.ROUTES,
    unsubscribe.ask_to_leave,
    unsubscribe.leave,
    webhooks.receive_webhook,
    webhooks.receive_delivery_report,
    bogus.show_action,
    bogus.decide,
    admin.list_audit_entries,
    admin.verify_audit_log,
    admin_roles.list_roles,
    admin_roles.put_role,
    admin_roles.remove_role,
    *admin_oauth_clients.ROUTES,
    *admin_staff.ROUTES,
    admin_customers.list_customers,
    admin_customers.find_customer,
    admin_customers.show_customer,
    admin_customers.lock_customer,
    admin_customers.unlock_customer,
    admin_customers.remove_second_factor,
    admin_orders.list_all_orders,
    admin_orders.search_orders,
    admin_orders.show_any_order,
    admin_orders.cancel_any_order,
    admin_orders.ship_order,
    admin_orders.deliver_order,
    admin_orders.annotate_order,
    *admin_money.HANDLERS,
    admin_api_keys.list_api_keys,
    admin_api_keys.create_api_key,
    admin_api_keys.revoke_api_key,
    *admin_jobs.ROUTES,
    admin_reports.show_funnel,
    admin_reports.report_tax,
    admin_reports.report_balances,
    *admin_webhooks.ROUTES,
    *admin_webhook_log.ROUTES,
    operations.live,
    operations.ready,
    operations.metrics,
    docs.openapi,
    docs.docs,
    docs.static,
)


def create_app(opening: Settings | Shop) -> ASGIApp:
    """The whole application. Given settings it opens and closes a shop of its own; given a shop it leaves that open."""
    settings = opening.settings if isinstance(opening, Shop) else opening
    metrics = Metrics(lambda: _shop(site).shared_state())
    site = _site(opening, settings.body_limit, metrics)

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


def _site(opening: Settings | Shop, body_limit: int, metrics: Metrics) -> Litestar:
    @asynccontextmanager
    async def open_for_business(app: Litestar) -> AsyncGenerator[None]:
        async with _shop_of(opening) as shop, _worker_of(shop):
            app.state.shop = shop
            yield

    site = Litestar(
        route_handlers=[*options_of(ROUTES), *ROUTES],
        lifespan=[open_for_business],
        dependencies={"visit": Provide(visit)},
        exception_handlers={Exception: handle},
        request_max_body_size=body_limit,
        openapi_config=None,
        logging_config=None,
        debug=False,
        state=State({"metrics": metrics}),
    )
    site.state.openapi = _document_of(site)
    return site


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
        _log.critical("worker_died", exc_info=worker.exception())
