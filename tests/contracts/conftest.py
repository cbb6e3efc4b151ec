"""The stores that every contract runs on. A new store is one more line in `stores.STORES`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contracts.stores import STORES, Store

from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A new, empty store of each kind, with its ports."""
    async with STORES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=["memory", "file"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A new, empty SQLite database, in memory and in a file: for what is asked of SQLite alone."""
    opened = await Database.open(MEMORY if request.param == "memory" else tmp_path / "shop.db")
    try:
        yield opened
    finally:
        await opened.close()
