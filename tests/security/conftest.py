"""Shops as attackers meet them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import (
    ada,
    buy,
    client,
    client_of,
    fill,
    kept_always_on,
    kept_on,
    pytest_generate_tests,
    settings_for,
    shop,
)

__all__ = ["ada", "buy", "client", "fill", "kept_always_on", "kept_on", "opened", "pytest_generate_tests", "shop"]

Opened = Callable[..., Any]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Opens a shop with some settings, and gives a client that comes from an address."""

    @asynccontextmanager
    async def open_shop(address: str = "203.0.113.9", **settings: Any) -> AsyncGenerator[httpx.AsyncClient]:
        async with client_of(settings_for(tmp_path, **settings), address) as ready:
            yield ready

    return open_shop


Ask = Callable[..., Awaitable[httpx.Response]]
