"""The stores that every contract runs on. A new store is one more line in `stores.STORES`."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests import mongod
from tests.contracts.stores import STORES, Store, Where, stores_for

from shopcore.adapters.sqlite.connections import MEMORY
from shopcore.adapters.sqlite.database import Database


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is asked of a store on every store that has the ports: fixtures have the names of ports."""
    if "store" in metafunc.fixturenames:
        metafunc.parametrize("store", stores_for(metafunc.fixturenames), indirect=True)


@pytest.fixture
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A new, empty store of each kind, with its ports."""
    where = Where(tmp_path, lambda: str(request.getfixturevalue("mongo_url")))
    async with STORES[request.param].opened(where) as opened:
        yield opened


@pytest.fixture(params=["memory", "file"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A new, empty SQLite database, in memory and in a file: for what is asked of SQLite alone."""
    opened = await Database.open(MEMORY if request.param == "memory" else tmp_path / "shop.db")
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def memory() -> AsyncIterator[Database]:
    """A new, empty SQLite database in memory: for adapters with a planted mistake."""
    opened = await Database.open()
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture(scope="session")
def told_server() -> Iterator[str]:
    """A MongoDB that can be told what to answer, and where to stop (`configureFailPoint`)."""
    options = ("--replSet", "shop", "--oplogSize", "64", "--setParameter", "enableTestCommands=1")
    with mongod.started(*options) as (_, port):
        mongod.initiate(port)
        yield f"mongodb://127.0.0.1:{port}"
