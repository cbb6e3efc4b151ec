from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.stories import Story, opened


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    """An empty shop, in memory, on a clock that stands still."""
    async with opened(tmp_path) as told:
        yield told
