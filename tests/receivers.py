"""A merchant's own system, on this machine: it takes webhooks, and says what it was told and by whom."""

import base64
import hashlib
import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

LOOPBACK: dict[str, Any] = {"webhook_networks": ("127.0.0.0/8",)}
"""What a shop has to allow to reach it."""

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Taken:
    """One request, as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def sequence(self) -> int:
        number: int = self.said["data"]["sequence"]
        return number

    def is_signed_with(self, secret: str) -> bool:
        """As Standard Webhooks says that a receiver checks; written apart from the shop's own."""
        key = base64.b64decode(secret.split("_", 1)[1])
        message = b".".join([self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body])
        wanted = base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()
        return any(each == f"v1,{wanted}" for each in self.headers["webhook-signature"].split(" "))


@dataclass
class Receiver:
    """What it answers is `status`, unless `answering` says otherwise."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    answering: Answering | None = None
    taken: list[Taken] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Write the request down, then answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.taken.append(Taken(headers, await request.read()))
        if self.answering is not None:
            return await self.answering(request)
        return web.Response(status=self.status, headers=self.headers)

    @property
    def ids(self) -> list[str]:
        """Of what came, in its order."""
        return [each.id for each in self.taken]


@asynccontextmanager
async def receiving(host: str = "127.0.0.1") -> AsyncGenerator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, 0)
        await site.start()
        port = runner.addresses[0][1]
        receiver.url = f"http://{host}:{port}/hooks"
        yield receiver
    finally:
        await runner.cleanup()
