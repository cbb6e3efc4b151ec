from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.kept import STORES, kept_in
from tests.receivers import LOOPBACK, Receiver, receiving
from tests.stories import Story, opened


@pytest.fixture(params=STORES)
async def story(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Story]:
    """An empty shop, on each store, which may send to this machine and tells its staff."""
    async with opened(tmp_path, staff_email="staff@example.org", **LOOPBACK, **kept_in(request, request.param)) as told:
        yield told


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as one:
        yield one
