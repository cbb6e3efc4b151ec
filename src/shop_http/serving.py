"""Running the application as a server of its own."""

import socket
from collections.abc import Callable

import uvicorn

from shop_http import logs
from shop_http.app import create_app
from shopcore.shop import Settings

_GRACE = 20  # seconds for requests in flight after the last call; a checkout waits at most 10 for its gateway
_KEEP_ALIVE = 15  # seconds that an idle connection is kept
_BACKLOG = 2_048


class _Server(uvicorn.Server):
    """Tells its caller when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[int], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready(self.servers[0].sockets[0].getsockname()[1])


def serve(settings: Settings, *, ready: Callable[[int], None] = lambda _: None) -> bool:
    """Serve until SIGINT or SIGTERM; then no new connection is taken, and requests in flight are finished.

    `ready` is told the port once requests are answered. Answers whether the shop could be opened at all; why not was
    logged.
    """
    logs.configure(level=settings.log_level, form=settings.log_format)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config, ready)
    server.run()
    return server.started
