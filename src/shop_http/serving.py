"""Running the application as a server of its own."""

import asyncio
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from functools import partial
from types import FrameType
from typing import Any, cast

import msgspec
import uvicorn

from shop_http import logs
from shop_http.app import create_app
from shop_http.collector import settle
from shop_http.protocol import Protocol
from shopcore.shop import Settings, Shop

_GRACE = 20  # seconds for requests in flight after the last call; a checkout waits at most 10 for its gateway
_KEEP_ALIVE = 15  # seconds that an idle connection is kept
_BACKLOG = 2_048
_DRAIN = 5.0  # seconds, in production, in which probes see that it is not ready while it still answers
_LOOK = 0.1  # seconds between looks for somebody who does not want to wait


class _Server(uvicorn.Server):
    """Tells its caller when it listens, and the shop when it is to end."""

    def __init__(self, config: uvicorn.Config, shop: Shop, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._shop = shop
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature is uvicorn's
        """Begin to end; a second Ctrl-C does not wait. The signal is not raised again, so that the shop is closed."""
        self._shop.draining = True
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Go on answering until whoever sends requests here has seen that it should not."""
        until = time.monotonic() + (_DRAIN if self._shop.settings.shop_env == "production" else 0)
        while time.monotonic() < until and not self.force_exit:  # noqa: ASYNC110 - a signal cannot set an event
            await asyncio.sleep(_LOOK)
        await super().shutdown(sockets)


async def _as_it_is(_: Shop) -> None:
    """Nothing has to be done before the shop is served."""


def serve(
    settings: Settings,
    *,
    prepare: Callable[[Shop], Awaitable[None]] = _as_it_is,
    ready: Callable[[int], None] = lambda _: None,
) -> None:
    """Serve until SIGINT or SIGTERM; then say not ready, take no new connection, and finish what is in flight.

    `prepare` is given the open shop beforehand, and `ready` the port once requests are answered. Raises `OSError` for
    an address that cannot be listened on, and what `Shop.open` raises.
    """
    logs.configure(level=settings.log_level, form=settings.log_format)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner, _listener(settings) as listener:
        runner.run(_serve(settings, listener, prepare, ready))


async def _serve(
    settings: Settings,
    listener: socket.socket,
    prepare: Callable[[Shop], Awaitable[None]],
    ready: Callable[[int], None],
) -> None:
    port: int = listener.getsockname()[1]
    app_url = settings.app_url
    if settings.port == 0 and app_url.endswith(":0"):  # the port was not known when the address was made up
        app_url = f"{app_url.removesuffix('0')}{port}"
    async with Shop.open(msgspec.structs.replace(settings, app_url=app_url)) as shop:
        await prepare(shop)
        server = _Server(_config(shop), shop, lambda: ready(port))
        settle()
        await server.serve(sockets=[listener])


def _config(shop: Shop) -> uvicorn.Config:
    production = shop.settings.shop_env == "production"
    return uvicorn.Config(
        create_app(shop),
        http=cast("Any", partial(Protocol, new_id=shop.new_id, only_https=production)),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # the application believes whom its settings name; uvicorn would believe this machine
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )


def _listener(settings: Settings) -> socket.socket:
    """Bound before the shop is opened: an address that is taken is known at once."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """The faster loop where it is installed; it does not exist for Windows."""
    try:
        from uvloop import new_event_loop  # noqa: PLC0415
    except ImportError:
        return asyncio.new_event_loop
    return new_event_loop
