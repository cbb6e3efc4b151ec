"""Where a test's shop is kept: in memory, or in a MongoDB that is empty before and after."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.emptying import emptied

from shopcore.container.adapters import open_store
from shopcore.container.ports import Store, World
from shopcore.settings import MONGO, Settings

STORES = ("sqlite", "mongo")


def kept_in(request: pytest.FixtureRequest, store: str) -> dict[str, Any]:
    """The settings of a shop that is kept in one of the stores."""
    if store == "sqlite":
        return {}
    # Slow machines answer late; no story is about how late.
    return {"store_url": request.getfixturevalue("mongo_url"), "write_timeout_seconds": 10.0}


@asynccontextmanager
async def kept(settings: Settings, world: World) -> AsyncGenerator[Store]:
    """The store that the settings name, for as long as a story lasts."""
    try:
        async with asynccontextmanager(open_store)(settings, world) as store:
            yield store
    finally:  # a story that fails must not spoil the next one
        await leave_empty(settings)


async def leave_empty(settings: Settings) -> None:
    """After a story: what is kept on a server is there for the next one otherwise."""
    if settings.store_url.startswith(MONGO):
        await asyncio.to_thread(emptied, settings.store_url)
