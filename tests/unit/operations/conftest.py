from collections.abc import AsyncIterator

import pytest
from tests.unit.operations.shop import Shop, new_shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """An empty shop, in memory."""
    async with new_shop() as opened:
        yield opened
