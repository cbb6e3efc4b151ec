"""Shops as attackers meet them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from litestar.testing import AsyncTestClient
from tests.http.conftest import buy, client, fill, settings_for, shop

from shop_http.app import create_app

__all__ = ["buy", "client", "fill", "opened", "shop"]

Opened = Callable[..., Any]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Opens a shop with some settings, and gives a client that comes from an address."""

    @asynccontextmanager
    async def open_shop(address: str = "203.0.113.9", **settings: Any) -> AsyncGenerator[httpx.AsyncClient]:
        app = create_app(settings_for(tmp_path, **settings))
        transport = httpx.ASGITransport(cast("Any", app), client=(address, 40_000))
        async with AsyncTestClient(app), httpx.AsyncClient(transport=transport, base_url="http://shop.test") as ready:
            yield ready

    return open_shop


Ask = Callable[..., Awaitable[httpx.Response]]
