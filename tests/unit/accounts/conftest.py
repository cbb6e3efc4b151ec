from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.kept import STORES, kept_in
from tests.stories import Story, opened


@pytest.fixture(params=STORES)
async def story(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Story]:
    """An empty shop, on each store, on a clock that stands still."""
    async with opened(tmp_path, **kept_in(request, request.param)) as told:
        yield told
