"""An application before which pages are kept, and a clock to keep them by."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from shop_http.errors import Refusal, answer_to
from shop_http.middleware.page_cache import Page


class Shop:
    """An application that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.revision = 1
        self.status = 200
        self.gate = asyncio.Event()
        self.gate.set()

    async def current(self) -> int:
        return self.revision

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        body = f"{self.asked}".encode()
        if self.status in {404, 503}:
            body = answer_to(Refusal(self.status, "refused", body.decode())).body
        await self.gate.wait()
        scope["path_template"] = "/products/{id_or_slug}"
        await send({"type": "http.response.start", "status": self.status, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": body, "more_body": False})


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


Ask = Callable[..., Any]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def settled() -> None:
    """Everybody has come as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


def said_in(body: bytes) -> str:
    told = msgspec.json.decode(body)
    return str(told["detail"] if isinstance(told, dict) else told)


def page(size: int) -> Page:
    return Page([], b"x" * size, '"x"', "/products", 1, 0.0)
