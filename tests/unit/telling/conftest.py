from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.kept import STORES, kept_in
from tests.receivers import LOOPBACK, Receiver, receiving
from tests.stories import Story, opened


@pytest.fixture(params=STORES)
async def story(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Story]:
    """An empty shop, on each store, which may send to this machine."""
    async with opened(tmp_path, **LOOPBACK, **kept_in(request, request.param)) as told:
        yield told


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as one:
        yield one
